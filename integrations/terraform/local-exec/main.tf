# A Python function for AWS Lambda as a zip, by what Terraform has built in: no provider is downloaded.
#
# The zip is made when the plan is applied. Whether it has to be made is decided by the digests of the files, at plan.

terraform {
  required_version = ">= 1.4"
}

locals {
  output = coalesce(var.output_path, "${path.root}/.barrow/${var.name}.zip")

  # What tools leave in a source folder says nothing of the function.
  left_out = "(^|/)(__pycache__|\\.venv|venv|node_modules|\\.git|\\.terraform|\\.barrow|\\.pytest_cache|\\.mypy_cache|\\.ruff_cache)(/|$)|\\.pyc$|(^|/)\\.DS_Store$|\\.tfstate(\\.|$)|\\.tfplan$"

  files   = sort([for file in fileset(var.source_path, "**") : file if length(regexall(local.left_out, file)) == 0])
  sources = sha256(join("\n", [for file in local.files : "${file} ${filesha256("${var.source_path}/${file}")}"]))
  inputs  = sha256(join("\n", [for file in concat(var.requirements, var.triggers) : filesha256(file)]))

  command = concat(
    [var.barrow, var.layer ? "layer" : "bundle", var.source_path, "-o", local.output],
    ["--runtime", var.runtime, "--arch", var.architecture],
    flatten([for file in var.requirements : ["-r", file]]),
    var.options,
  )
}

resource "terraform_data" "bundle" {
  # Paths start at the root module: the same commit in another folder is the same function.
  triggers_replace = {
    output  = replace(abspath(local.output), abspath(path.root), ".")
    sources = local.sources
    inputs  = local.inputs
    target  = "${var.runtime} ${var.architecture} ${var.layer ? "layer" : "function"}"
    options = join(" ", var.options)
  }

  provisioner "local-exec" {
    # Each word is one word for the shell, whatever is in it.
    command = join(" ", [for word in local.command : "'${replace(word, "'", "'\\''")}'"])
  }
}
