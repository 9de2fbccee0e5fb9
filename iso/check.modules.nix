# Every kernel module that may be asked for by name. What they need comes with them; nothing else is in the image.
[
  # Host controllers of all generations.
  "ehci_hcd"
  "ehci_pci"
  "ohci_hcd"
  "ohci_pci"
  "uhci_hcd"
  "xhci_hcd"
  "xhci_pci"
  # Keyboards.
  "atkbd"
  "hid"
  "hid_generic"
  "i8042"
  "usbhid"
  # The output stick, and the file system that people's computers write on it.
  "nls_ascii"
  "nls_cp437"
  "nls_iso8859_1"
  "sd_mod"
  "uas"
  "usb_storage"
  "vfat"
  # The system's own archive in memory.
  "loop"
  "overlay"
  "squashfs"
  # Whether secure boot is on, to be shown.
  "efivarfs"
]
