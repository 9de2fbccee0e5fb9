# Stands for nixpkgs where there is none: enough of its library and packages to evaluate flake.nix and appliance.nix, and
# to judge the machine with check.nix. It proves that they are well formed and have the values that the policy wants. It
# cannot prove that NixOS knows the options, that their types fit, or that anything builds (iso/README.md).
let
  # Packages that may be named, as the folders they would be.
  packages = builtins.listToAttrs (
    map
      (name: {
        inherit name;
        value = "/packages/${name}";
      })
      [
        "bash"
        "cacert"
        "coreutils"
        "dosfstools"
        "dpkg"
        "glibc"
        "gnutar"
        "grub2"
        "grub2_efi"
        "gzip"
        "kbd"
        "mtools"
        "nodejs_24"
        "qemu_test"
        "systemd"
        "util-linux"
        "xorriso"
      ]
  );

  pkgs = packages // {
    stdenv.cc.cc.lib = "/packages/gcc-lib";
    linuxPackages.kernel = "/packages/linux";
    OVMF.firmware = "/packages/OVMF.fd";
    fetchurl = { url, sha256 }: "/fetched/${sha256}";
    closureInfo = { rootPaths }: "/closure";
    emptyDirectory = "/packages/empty";
    # Under bash 5.3 the script ends where the firmware is a list, which is an empty text to it.
    makeModulesClosure =
      given: if builtins.isString given.firmware then "/built/modules" else throw "cd: null directory";
    # The script is evaluated too, so that a name in it that is not there is found.
    runCommand =
      name: given: script:
      builtins.seq (builtins.deepSeq given (builtins.stringLength script)) "/built/${name}";
    # Real files, so that tests can read and run them.
    writeScript = name: text: builtins.toFile name text;
    testers.runNixOSTest = given: given;
  };

  splitString =
    separator: text: builtins.filter builtins.isString (builtins.split separator text);

  lib = {
    mkForce = value: value;
    mkOption = given: given;
    types = {
      path = "path";
      str = "str";
      listOf = type: "list of ${type}";
    };
    concatStringsSep = builtins.concatStringsSep;
    concatMapStrings = f: list: builtins.concatStringsSep "" (map f list);
    inherit splitString;
    fileContents = path: builtins.head (splitString "\n" (builtins.readFile path));
    makeBinPath = list: builtins.concatStringsSep ":" (map (folder: "${folder}/bin") list);
    makeLibraryPath = list: builtins.concatStringsSep ":" (map (folder: "${folder}/lib") list);
    nixosSystem =
      { system, modules }: machine (builtins.head modules) (builtins.elemAt modules 1).ceremony;
  };

  # What the values of the module are with the options `ceremony`; `config` as far as the module reads it back.
  machine =
    path: ceremony:
    let
      module = import path {
        inherit config lib pkgs;
        modulesPath = "/nixos/modules";
      };
      inherit (module.config) boot hardware systemd;
      # What NixOS does to values on their way through its options (a tree of July 2026).
      nixos = {
        # services/hardware/udev.nix: one folder of all that is listed.
        hardware = hardware // {
          firmware = {
            type = "derivation";
            paths = hardware.firmware;
          };
        };
        # system/boot/kernel.nix: names of a set, in its order.
        boot = boot // {
          kernelModules = builtins.sort builtins.lessThan boot.kernelModules;
        };
        systemd = systemd // {
          services = started // systemd.services;
        };
      };
      # What NixOS' own modules start on this machine, but for what it turns off: their verdict of July 2026.
      started =
        let
          isOff = set: name: !(set.${name}.enable or true);
          power = {
            post-boot.wantedBy = [ "multi-user.target" ];
            sleep-actions.wantedBy = [ "sleep.target" ];
          };
        in
        {
          lastlog2-import.wantedBy = [ "default.target" ];
          register-nix-paths.wantedBy = [ "multi-user.target" ];
          systemd-pstore.wantedBy = [ "sysinit.target" ];
          systemd-tmpfiles-resetup.requiredBy = [ "sysinit-reactivation.target" ];
        }
        // (if isOff systemd "shutdownRamfs" then { } else { generate-shutdown-ramfs.wantedBy = [ "shutdown.target" ]; })
        // (if isOff boot "kexec" then { } else { prepare-kexec.wantedBy = [ "kexec.target" ]; })
        // (if isOff module.config "powerManagement" then { } else power);
      config = module.config // nixos // {
        inherit ceremony;
        environment = module.config.environment // {
          etc = module.config.environment.etc // {
            "systemd/system".source = "/built/system-units";
          };
        };
        system = module.config.system // {
          nixos.label = "stub";
          build = module.config.system.build // {
            toplevel = "/system";
            # NixOS makes the first stage's closure from this tree, and reads lists that a closure does not have.
            netbootRamdisk =
              if builtins.elem "/built/modules" module.config.system.modulesTree then
                throw "cannot stat modules.order"
              else
                "/ramdisk";
          };
        };
      };
    in
    {
      inherit config;
      inherit (module) imports options;
    };
in
rec {
  nixpkgs = {
    inherit lib;
    legacyPackages.x86_64-linux = pkgs;
  };
  flake = (import ./flake.nix).outputs {
    self = { };
    inherit nixpkgs;
  };
  # The machine with other arguments than the flake's.
  with_arguments =
    arguments:
    machine ./appliance.nix {
      inherit arguments;
      payload = "/payload";
    };
  policy = config: import ./check.nix { inherit config; };
}
