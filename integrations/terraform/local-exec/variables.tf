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

variable "requirements" {
  description = "Requirements or lock files; by default the one that the source has."
  type        = list(string)
  default     = []
}

variable "triggers" {
  description = "Further files that the function is made of: a lock above its folder, files that its requirements name."
  type        = list(string)
  default     = []
}

variable "options" {
  description = "Further words of the command, such as [\"--exclude-runtime\", \"--slim\"]. No credentials: they would stand in the state."
  type        = list(string)
  default     = []
}

variable "barrow" {
  description = "The barrow program."
  type        = string
  default     = "barrow"
}
