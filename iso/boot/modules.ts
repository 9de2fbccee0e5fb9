/**
 * The kernel modules that the image holds, in the order in which init loads them: each after those it asks for. Nothing
 * of networks, sound or video, and no driver for a disk that is not on USB. After the last one the kernel takes no more.
 */
export const MODULES = [
  // Host controllers of all three generations.
  "usb-common",
  "usbcore",
  "xhci-hcd",
  "xhci-pci",
  "ehci-hcd",
  "ehci-pci",
  "uhci-hcd",
  "ohci-hcd",
  "ohci-pci",
  // Keyboards.
  "hid",
  "hid-generic",
  "usbhid",
  // Sticks, and the file system that people's computers write on them.
  "scsi_common",
  "scsi_mod",
  "usb-storage",
  "uas",
  "sd_mod",
  "nls_cp437",
  "nls_ascii",
  "fat",
  "vfat",
  // Whether secure boot is on, to be shown.
  "efivarfs",
] as const;
