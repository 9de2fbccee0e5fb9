#!@bash@/bin/bash
# After the ceremony, as root: the stick is let go at once. systemd turns the machine off when this ends.
export PATH=@coreutils@/bin:@utilLinux@/bin
sync
umount @out@
if [ "${EXIT_STATUS:-0}" != 0 ]; then
  # systemd gives the terminal to what runs before and at the start, and /dev/null to what runs after.
  exec </dev/tty1
  stty sane -echo
  printf '\n  The ceremony ended with %s. Press Enter: the machine goes off.\n' "$EXIT_STATUS"
  read -r _
fi
# The whole console, not only what is seen of it: nothing that was shown stays in the memory of the screen.
printf '\033c\033[3J'
