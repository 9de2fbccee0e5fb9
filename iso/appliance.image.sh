#!/usr/bin/env bash
# Makes a hybrid ISO image, for CD and stick, BIOS and UEFI, of a kernel and an archive:
#
#     appliance.image.sh OUTPUT KERNEL INITRD GRUB_CFG GRUB_BIOS GRUB_EFI
#
# The last two are the folders of GRUB's parts. The same files give the same bytes: `grub-mkrescue` would do it in one
# line, but draws serials at random and keeps times.
set -euo pipefail
output=$(realpath "$1") kernel=$2 initrd=$3 menu=$4 bios=$5 efi=$6

export SOURCE_DATE_EPOCH=1700000000 TZ=UTC LC_ALL=C MTOOLS_SKIP_CHECK=1 PATH=$PATH:/usr/sbin:/sbin
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/iso/boot/grub" "$work/efi"

cat >"$work/early.cfg" <<'EARLY'
search --no-floppy --set=root --label BTCLSPCEREMONY
set prefix=($root)/boot/grub
configfile ($root)/boot/grub/grub.cfg
EARLY
parts="iso9660 normal configfile linux search search_label terminal part_gpt part_msdos echo test halt"
# Not compressed: nixpkgs' GRUB is built without liblzma.
grub-mkimage -d "$bios" -O i386-pc-eltorito -c "$work/early.cfg" -p /boot/grub \
  -o "$work/iso/boot/grub/eltorito.img" biosdisk vga_text $parts
grub-mkimage -d "$efi" -O x86_64-efi -c "$work/early.cfg" -p /boot/grub \
  -o "$work/efi/BOOTX64.EFI" fat efi_gop all_video video $parts

truncate -s 2880K "$work/efi.img"
mkfs.vfat --invariant -i 5EEDC0DE -n CEREMONYEFI "$work/efi.img" >/dev/null
touch -d "@$SOURCE_DATE_EPOCH" "$work/efi/BOOTX64.EFI"
mmd -D s -i "$work/efi.img" ::/EFI ::/EFI/BOOT
mcopy -m -i "$work/efi.img" "$work/efi/BOOTX64.EFI" ::/EFI/BOOT/BOOTX64.EFI

cp "$kernel" "$work/iso/boot/vmlinuz"
cp "$initrd" "$work/iso/boot/initrd"
cp "$menu" "$work/iso/boot/grub/grub.cfg"
chmod -R a=rX,u+w "$work/iso"
find "$work/iso" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

rm -f "$output"
xorriso -as mkisofs -quiet -o "$output" -r -J -V BTCLSPCEREMONY -sysid '' -publisher '' -preparer '' \
  --modification-date=2023111422132000 --set_all_file_dates set_to_mtime \
  --gpt_disk_guid 5eedc0de-0000-4000-8000-000000000001 \
  --grub2-mbr "$bios/boot_hybrid.img" -partition_offset 16 \
  -b boot/grub/eltorito.img -no-emul-boot -boot-load-size 4 -boot-info-table --grub2-boot-info \
  -append_partition 2 0xef "$work/efi.img" -appended_part_as_gpt \
  -eltorito-alt-boot -e --interval:appended_partition_2:all:: -no-emul-boot "$work/iso"
