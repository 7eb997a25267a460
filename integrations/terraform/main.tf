# A Python function for AWS Lambda as a zip, built when Terraform plans: no container, no Python.
#
# The bytes of the zip are the same on every machine, so a plan made on one can be applied on another.

terraform {
  required_version = ">= 1.3"

  required_providers {
    external = {
      source  = "hashicorp/external"
      version = ">= 2.0"
    }
  }
}

locals {
  # The program takes texts alone; what is empty counts as not given. Lists have a value a line: requirements have commas.
  query = {
    source            = var.source_path
    output            = coalesce(var.output_path, "${path.root}/.barrow/${var.name}.zip")
    force             = tostring(var.force)
    runtime           = var.runtime
    arch              = var.architecture
    layer             = tostring(var.layer)
    packages          = join("\n", var.packages)
    requirement       = join("\n", var.requirements)
    extra             = join("\n", var.extras)
    group             = join("\n", var.groups)
    exclude           = join("\n", var.exclude)
    exclude_package   = join("\n", var.exclude_packages)
    exclude_runtime   = tostring(var.exclude_runtime)
    allow_build       = join("\n", var.allow_build)
    index_url         = var.index_url
    extra_index_url   = join("\n", var.extra_index_urls)
    require_hashes    = tostring(var.require_hashes)
    max_unpacked_size = var.max_unpacked_size
  }
}

data "external" "bundle" {
  program = [var.barrow, "terraform"]
  query   = local.query
}
