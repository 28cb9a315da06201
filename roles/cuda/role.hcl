summary   = "NVIDIA's driver and CUDA, for nodes with a GPU"
doc       = "The driver is built for the running kernel where a GPU of NVIDIA is in the machine and no driver works yet; a driver that the image brought is left alone. The toolkit compiles without a GPU too. Both come from the distribution (Debian non-free) or from NVIDIA's own repository. The scheduler finds the GPUs by their device files."
platforms = ["debian-12", "debian-13"]

param "source" {
  type        = string
  default     = "debian"
  one_of      = ["debian", "nvidia"]
  install     = true
  description = "Where driver and toolkit come from: \"debian\" is contrib and non-free of the distribution, \"nvidia\" is NVIDIA's own repository, with newer versions."
}

param "driver" {
  type        = bool
  default     = true
  install     = true
  description = "Install the driver where a GPU is in the machine and none works yet."
}

param "driver_version" {
  type        = string
  default     = ""
  install     = true
  description = "With source = \"nvidia\": the branch of the driver, as in \"570\"; empty is the newest."
}

param "open_modules" {
  type        = bool
  default     = false
  install     = true
  description = "Use the open kernel modules: needed for Blackwell, possible from Turing (T4) on."
}

param "toolkit" {
  type        = bool
  default     = true
  install     = true
  description = "Install the CUDA toolkit: nvcc and the libraries; some 5 GB."
}

param "version" {
  type        = string
  default     = ""
  install     = true
  description = "With source = \"nvidia\": the version of the toolkit, as in \"12.8\"; empty is the newest."
}

param "container_toolkit" {
  type        = bool
  default     = false
  install     = true
  description = "Give containers the GPU (podman run --device nvidia.com/gpu=all); always from NVIDIA's repository."
}

packages = { debian = ["ca-certificates"] }

step "repository" {
  phase = "install"
  run   = "repository.sh"
}

# Always: an image may be frozen on a machine without a GPU.
step "driver" {
  phase   = "install"
  run     = "driver.sh"
  always  = true
  timeout = "30m"
}

step "toolkit" {
  phase   = "install"
  run     = "toolkit.sh"
  timeout = "1h"
}

file "/etc/profile.d/ecluster-cuda.sh" {
  template = "profile.sh.tmpl"
}

step "devices" {
  phase  = "configure"
  run    = "devices.sh"
  always = true
}

step "compile" {
  phase = "configure"
  run   = "compile.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
