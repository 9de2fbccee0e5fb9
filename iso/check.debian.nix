# `platform` of payload.nix on a Debian machine with Nix and without nixpkgs. Shell and tools are Debian's static busybox,
# the C library is the machine's own; both are let into the sandbox:
#
#     --option sandbox-paths "/bin/sh=/bin/busybox /bin/busybox /lib /lib64 /usr/lib/x86_64-linux-gnu"
#
# npm is not there: the archives are put into the store before, by `nix-store --add-fixed sha512`.
let
  tools = derivation {
    name = "tools";
    system = "x86_64-linux";
    builder = "/bin/sh";
    args = [
      "-euc"
      "/bin/busybox mkdir $out && /bin/busybox --install -s $out"
    ];
  };
in
{
  shell = "/bin/sh";
  tools = "${tools}";
  npm = "/nonexistent";
  authority = null;
  loader = "/lib64/ld-linux-x86-64.so.2";
  libraries = "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu";
}
