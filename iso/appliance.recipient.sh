# The signer's recipient of a file that people bring: all that `signer recipient` prints, of a system that may begin texts
# with a mark (BOM) and end lines with CR LF. Sets `recipient`, or `why` there is none. For bash and for busybox.
read_recipient() {
  recipient='' why='' found=0 mark=$(printf '\357\273\277')
  while IFS= read -r line; do
    line=${line#"$mark"}
    line=${line#"${line%%[![:space:]]*}"}
    line=${line%"${line##*[![:space:]]}"}
    case $line in
      *[Aa][Gg][Ee]1*) found=$((found + 1)) recipient=$line ;;
    esac
  done <<LINES
$(tr -d '\000' <"$1")
LINES
  if [ "$found" != 1 ]; then
    why="recipient.txt names $found recipients, and must name one."
    return
  fi
  case $recipient in
    age1*[!0123456789abcdefghijklmnopqrstuvwxyz]*) ;;
    AGE1*[!0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ]*) ;;
    age1* | AGE1*) if [ "${#recipient}" = 62 ]; then return; fi ;;
  esac
  why='recipient.txt holds no recipient: age1 and 58 letters and digits, alone on a line, as plain text.'
}
