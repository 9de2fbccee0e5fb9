{
  description = "The ceremony's machine: a bootable image without a network, that anybody can rebuild";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      system = "x86_64-linux";
      pkgs = nixpkgs.legacyPackages.${system};
      inherit (nixpkgs) lib;

      built = import ./payload.nix {
        inherit system;
        platform = {
          shell = "${pkgs.bash}/bin/bash";
          tools = lib.makeBinPath [
            pkgs.coreutils
            pkgs.gnutar
            pkgs.gzip
          ];
          npm = lib.makeBinPath [
            pkgs.nodejs_24
            pkgs.bash
          ];
          authority = "${pkgs.cacert}/etc/ssl/certs/ca-bundle.crt";
          loader = "${pkgs.glibc}/lib/ld-linux-x86-64.so.2";
          libraries = lib.makeLibraryPath [
            pkgs.glibc
            pkgs.stdenv.cc.cc.lib
          ];
        };
      };

      machine =
        arguments:
        nixpkgs.lib.nixosSystem {
          inherit system;
          modules = [
            ./appliance.nix
            {
              ceremony.payload = "${built.payload}";
              ceremony.arguments = arguments;
            }
          ];
        };

      production = machine [
        "--mode"
        "production"
        "--network"
        "mainnet"
      ];
      rehearsal = machine [
        "--mode"
        "rehearsal"
      ];

      # All store paths of the running system, for its bill.
      closure = image: pkgs.closureInfo { rootPaths = [ image.config.system.build.toplevel ]; };
    in
    {
      nixosConfigurations = { inherit production rehearsal; };

      packages.${system} = {
        default = production.config.system.build.ceremonyImage;
        iso = production.config.system.build.ceremonyImage;
        iso-rehearsal = rehearsal.config.system.build.ceremonyImage;
        inherit (built) node_modules payload;
        sbom =
          pkgs.runCommand "ceremony-image.cdx.json" { nativeBuildInputs = [ pkgs.nodejs_24 ]; }
            ''
              node ${./attest/bill.ts} ${closure production}/store-paths \
                ${built.payload}/ceremony.cdx.json ${lib.fileContents ../VERSION} >"$out"
            '';
      };

      checks.${system} = import ./check.flake.nix {
        inherit lib pkgs;
        machines = { inherit production rehearsal; };
        image = rehearsal.config.system.build.ceremonyImage;
      };
    };
}
