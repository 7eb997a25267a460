variable "name" {
  description = "Name of the zip, below .barrow in the root module, unless output_path says where it goes."
  type        = string
  default     = "function"
}

variable "source_path" {
  description = "Folder of the function: its own files, and its lock or requirements."
  type        = string
}

variable "output_path" {
  description = "Where the zip goes."
  type        = string
  default     = null
}

variable "force" {
  description = "Replace a zip at output_path that barrow did not make there. Below .barrow nothing has to be said."
  type        = bool
  default     = false
}

variable "runtime" {
  description = "Lambda runtime, such as python3.13."
  type        = string
}

variable "architecture" {
  description = "Processor: x86_64 or arm64."
  type        = string
  default     = "x86_64"
}

variable "layer" {
  description = "Make a layer: everything below python/."
  type        = bool
  default     = false
}

variable "packages" {
  description = "Requirements in place of a file, such as [\"requests>=2.32\"]."
  type        = list(string)
  default     = []
}

variable "requirements" {
  description = "Requirements or lock files; by default the one that the source has."
  type        = list(string)
  default     = []
}

variable "extras" {
  description = "Extras of the project or lock."
  type        = list(string)
  default     = []
}

variable "groups" {
  description = "Dependency groups of the project or lock."
  type        = list(string)
  default     = []
}

variable "exclude" {
  description = "Patterns of source files that stay out."
  type        = list(string)
  default     = []
}

variable "exclude_packages" {
  description = "Packages that stay out."
  type        = list(string)
  default     = []
}

variable "exclude_runtime" {
  description = "Leave out what the Lambda runtime has."
  type        = bool
  default     = false
}

variable "allow_build" {
  description = "Packages that may be built from source, which runs their code."
  type        = list(string)
  default     = []
}

variable "index_url" {
  description = "Index in the place of PyPI, without credentials: those come from netrc or the environment."
  type        = string
  default     = ""
}

variable "extra_index_urls" {
  description = "Further indexes, without credentials."
  type        = list(string)
  default     = []
}

variable "require_hashes" {
  description = "Accept only pinned requirements with hashes."
  type        = bool
  default     = false
}

variable "max_unpacked_size" {
  description = "Accept packages that unpack to as much, such as 10GB."
  type        = string
  default     = ""
}

variable "barrow" {
  description = "The barrow program."
  type        = string
  default     = "barrow"
}
