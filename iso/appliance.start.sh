#!@bash@/bin/bash
# Starts the ceremony, as its user, with an empty environment. systemd hands the program's own file over as descriptor 3;
# the program takes it at 9 (`OWN_FILE` of ceremony/host/identity.ts).
exec 9<&3 3<&-
mapfile -t arguments </run/ceremony/arguments
exec @coreutils@/bin/env -i @ceremony@ "${arguments[@]}"
