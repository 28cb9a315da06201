# Operating systems that mean the same on every cloud: image = "debian-13".
#
# platform: what its nodes run, as roles name it; the alias where it is left out.
# google: the project and the family of which the newest image is taken;
#         family_arm64 for machine types of that architecture; cloud_init says
#         whether the image has it (Google's Debian and Rocky images don't).
# aws:    the owner's account and the pattern of names of which the newest
#         image of the machine type's architecture is taken.
# azure:  publisher, offer and sku; sku_arm64 likewise; newest version.

image "debian-12" {
  doc    = "Debian 12 (bookworm)"
  google = { project = "debian-cloud", family = "debian-12", family_arm64 = "debian-12-arm64", cloud_init = "false" }
  aws    = { owner = "136693071363", name = "debian-12-*" }
  azure  = { publisher = "Debian", offer = "debian-12", sku = "12-gen2", sku_arm64 = "12-arm64" }
}

image "debian-13" {
  doc    = "Debian 13 (trixie)"
  google = { project = "debian-cloud", family = "debian-13", family_arm64 = "debian-13-arm64", cloud_init = "false" }
  aws    = { owner = "136693071363", name = "debian-13-*" }
  azure  = { publisher = "Debian", offer = "debian-13", sku = "13-gen2", sku_arm64 = "13-arm64" }
}

image "ubuntu-24.04" {
  doc    = "Ubuntu 24.04 LTS (noble)"
  google = { project = "ubuntu-os-cloud", family = "ubuntu-2404-lts-amd64", family_arm64 = "ubuntu-2404-lts-arm64", cloud_init = "true" }
  aws    = { owner = "099720109477", name = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-*-server-*" }
  azure  = { publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server", sku_arm64 = "server-arm64" }
}

image "rocky-9" {
  doc    = "Rocky Linux 9"
  google = { project = "rocky-linux-cloud", family = "rocky-linux-9", family_arm64 = "rocky-linux-9-arm64", cloud_init = "false" }
  aws    = { owner = "792107900819", name = "Rocky-9-EC2-Base-*" }
  azure  = { publisher = "resf", offer = "rockylinux-x86_64", sku = "9-base", plan = "true" }
}

image "ubuntu-24.04-gpu" {
  doc      = "Ubuntu 24.04 LTS with NVIDIA's driver"
  platform = "ubuntu-24.04"

  google = { project = "ubuntu-os-accelerator-images", family = "ubuntu-accelerator-2404-amd64-with-nvidia-580", cloud_init = "true" }
  aws    = { owner = "898082745236", name = "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) *" }
  azure  = { publisher = "microsoft-dsvm", offer = "ubuntu-hpc", sku = "2404" }
}
