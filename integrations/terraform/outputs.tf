output "path" {
  description = "The zip: `filename` of aws_lambda_function, or `local_existing_package` of the popular Lambda module."
  value       = data.external.bundle.result.path
}

output "sha256_base64" {
  description = "`source_code_hash` of aws_lambda_function."
  value       = data.external.bundle.result.sha256_base64
}

output "size" {
  description = "Size of the zip, bytes."
  value       = tonumber(data.external.bundle.result.size)
}

output "fingerprint" {
  description = "One hash over everything that the zip is made of."
  value       = data.external.bundle.result.fingerprint
}
