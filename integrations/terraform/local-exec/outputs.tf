output "path" {
  description = "The zip: `filename` of aws_lambda_function. It is there when the plan is applied."
  value       = local.output

  depends_on = [terraform_data.bundle]
}

output "source_hash" {
  description = "`source_code_hash` of aws_lambda_function: changes when the zip does, and is known at plan."
  value       = base64sha256("${terraform_data.bundle.triggers_replace.sources} ${terraform_data.bundle.triggers_replace.inputs} ${terraform_data.bundle.triggers_replace.target} ${terraform_data.bundle.triggers_replace.options}")
}
