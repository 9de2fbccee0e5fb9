#!@bash@/bin/bash
# Before the ceremony: the console, the measurement, the output stick. Runs as root and has the console; asks for nothing
# but characters, keyboard and a stick. Whatever fails, the machine goes off.
set -u
export PATH=@coreutils@/bin:@kbd@/bin:@utilLinux@/bin
umask 022

refuse() {
  printf '\n  %s\n\n  Nothing was started. Press Enter: the machine goes off.\n' "$1"
  read -r _
  exit 1
}

# Asks for one of some names and sets `choice`; Enter alone, or anything that is none of the numbers, is the first.
choose() {
  local question=$1 answer at
  shift
  local names=("$@")
  printf '  %s:' "$question"
  for at in "${!names[@]}"; do printf '  %s %s' "$((at + 1))" "${names[at]}"; done
  printf '  [1] '
  read -r answer
  choice=$1
  if [[ $answer =~ ^[1-9]$ && $answer -le ${#names[@]} ]]; then choice=${names[answer - 1]}; fi
}

@recipient@
# Mounts a stick and writes as much as a ceremony needs, and a folder as the ceremony makes one: what a file system says
# of its free bytes is no promise. Sets `wrong` where it does not hold them.
take_stick() {
  local trial=@out@/room.try
  wrong='The output stick cannot be mounted.'
  mount -t vfat -o rw,nosuid,nodev,noexec,noatime,flush,uid=900,gid=900,umask=077 "$1" @out@ || return 1
  wrong="The output stick has no room for $((room / 1024)) KiB, or cannot be written."
  {
    rm -rf "$trial" && mkdir "$trial" && head -c "$room" /dev/zero >"$trial/room" && sync "$trial/room" && rm -r "$trial"
  } 2>/dev/null && return 0
  rm -rf "$trial" 2>/dev/null
  umount @out@
  return 1
}
# `OUT_ROOM` of ceremony/limits.ts.
room=524288

# Without a frame buffer this is VGA's text mode, which shows 256 glyphs in full colours and only one size.
if [ -e /dev/fb0 ]; then font=normal.psf.gz; else font=text.psf; fi
setfont "@fonts@/$font" || refuse 'The console font cannot be set.'
printf '\033c\n  btc-lsp: the ceremony\n\n'

# Measured before anything of it runs: the file that will be started, against the hash that this image was built with.
sha256sum --check --strict --status /etc/ceremony/payload.sha256 2>/dev/null || refuse 'CHANGED: the executable is not the one that this image was built with.'
[[ $(dmesg) == *'heap free:on'* ]] || refuse 'The kernel does not zero the memory that is freed.'

if [ -e /dev/fb0 ]; then
  choose Characters normal large
  if [ "$choice" = large ]; then
    setfont @fonts@/large.psf.gz
    read -r rows columns < <(stty size)
    if [ "$rows" -lt 24 ] || [ "$columns" -lt 80 ]; then
      setfont "@fonts@/$font"
      printf '  This screen has no room for large ones.\n'
    fi
  fi
fi
choose Keyboard us uk de fr it es br-abnt2
loadkeys --quiet "$choice" || refuse "There is no keyboard map $choice."

# What the program compares the kernel's command line with; only the running system knows its own path.
declaration=$(</etc/ceremony/machine.json.in)
system=$(readlink -f /run/booted-system)
printf '%s\n' "${declaration//@system@/$system}" >/run/ceremony/machine.json

stick=/dev/disk/by-label/@label@
printf '\n  The output stick: a FAT file system with the name @label@.\n'
# What is wrong with a stick is found here, before the machine is armed and long before there are plates: another stick
# can still be plugged in. Nothing that is on it is touched.
until
  while [ ! -b "$stick" ]; do sleep 1; done
  take_stick "$stick"
do
  printf '  %s\n  Take it out, and put another one in.\n' "$wrong"
  while [ -b "$stick" ]; do sleep 1; done
done

mapfile -t arguments </etc/ceremony/arguments
# The signer's recipient is public; in the ceremony people compare it with their paper.
if [ -f @out@/recipient.txt ]; then
  read_recipient @out@/recipient.txt
  [ -z "$why" ] || refuse "$why"
  arguments+=(--recipient "$recipient")
fi
# A machine that refused is mended and started again with the same stick.
number=1
while [ -e "@out@/ceremony-$number" ]; do number=$((number + 1)); done
arguments+=(--out "@out@/ceremony-$number")
printf '%s\n' "${arguments[@]}" >/run/ceremony/arguments

printf '\n  measured: the executable is the one that this image was built with\n'
printf '  arguments: %s\n' "${arguments[*]}"
printf '\n  From now on a device that is plugged in ends the ceremony.\n  Press Enter to begin.\n'
read -r _
: >/run/ceremony/armed
