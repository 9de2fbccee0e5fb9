# The machine of the ceremony as a NixOS module: it boots into memory, has no network, and its first console is the
# ceremony. iso/README.md says what of this was evaluated, what was built and what was only written.
#
# A value is forced where another module of NixOS sets it too: what is not wanted must not come back by a merge.
{
  config,
  lib,
  modulesPath,
  pkgs,
  ...
}:
let
  inherit (lib) mkForce mkOption types;

  cfg = config.ceremony;

  # Every module that the image holds, but for those that these need: keyboards, sticks, and the file system on them.
  # A driver that is not in the image serves no card, whatever is plugged in.
  modules = import ./check.modules.nix;

  kernel = config.boot.kernelPackages.kernel;
  # Since nixpkgs 25.11 the modules are an output of their own.
  kernelModules = kernel.modules or kernel;
  closure = pkgs.makeModulesClosure {
    kernel = kernelModules;
    # A folder and not a list: nixpkgs' script changes into it, and bash 5.3 refuses `cd ""`.
    firmware = pkgs.emptyDirectory;
    rootModules = modules;
    allowMissing = false;
  };
  # NixOS makes the closure of the first stage from this one, with the same script, which reads three lists of the whole
  # kernel and leaves them out of its result.
  modulesTree = pkgs.runCommand "modules-tree" { } ''
    cp -r ${closure} "$out"
    chmod -R u+w "$out"
    for list in modules.order modules.builtin modules.builtin.modinfo; do
      cp ${kernelModules}/lib/modules/*/"$list" "$out"/lib/modules/*/
    done
  '';

  # The C library with the two libraries of GCC beside it, in the one folder that the loader of nixpkgs looks into: so
  # the released bytes start as they are, with no variable and no patch. Copies, because this is mounted over that folder.
  libraries = pkgs.runCommand "libraries" { } ''
    mkdir "$out"
    cp -L ${pkgs.glibc}/lib/*.so* "$out/"
    cp -L ${pkgs.stdenv.cc.cc.lib}/lib/libstdc++.so.6 ${pkgs.stdenv.cc.cc.lib}/lib/libgcc_s.so.1 "$out/"
  '';

  # Debian's FullCyrSlav: 512 glyphs, the half blocks of the QR and Cyrillic among them, and the very font that the
  # project's tests draw their screens with. The hash is the one in Debian's signed package list.
  fonts =
    pkgs.runCommand "console-fonts"
      {
        archive = pkgs.fetchurl {
          url = "https://snapshot.debian.org/archive/debian/20250520T000000Z/pool/main/c/console-setup/console-setup-linux_1.221_all.deb";
          sha256 = "65fac4777b0d36e48d90c577ba296c9ceeb051210aa1bf405925e2bf6bc6fecd";
        };
        nativeBuildInputs = [
          pkgs.dpkg
          pkgs.nodejs_24
        ];
        # In VGA's text mode 512 glyphs cost the bright colours, and the QR with them.
        shorten = ''
          import { readFileSync, writeFileSync } from "node:fs";
          import { gunzipSync } from "node:zlib";
          import { smallFont } from "${./boot/font.ts}";
          writeFileSync(process.argv[2], smallFont(gunzipSync(readFileSync(process.argv[1]))));
        '';
      }
      ''
        dpkg-deb --fsys-tarfile "$archive" | tar -x ./usr/share/consolefonts
        mkdir "$out"
        cp usr/share/consolefonts/FullCyrSlav-Fixed16.psf.gz "$out/normal.psf.gz"
        node --input-type=module --eval "$shorten" "$out/normal.psf.gz" "$out/text.psf"
        cp usr/share/consolefonts/FullCyrSlav-TerminusBold32x16.psf.gz "$out/large.psf.gz"
      '';

  ceremony = "/run/ceremony/ceremony";
  out = "/out";
  label = "CEREMONYOUT";

  # The same for both: what may be told of a service that has the console.
  onConsole = {
    StandardInput = "tty-force";
    StandardOutput = "tty";
    StandardError = "tty";
    TTYPath = "/dev/tty1";
    TTYReset = true;
    TTYVHangup = true;
    TTYVTDisallocate = true;
  };

  # A program of the image from its text here: `@name@` is what `values` says.
  script =
    name: text: values:
    let
      names = builtins.attrNames values;
      marks = map (value: "@${value}@") names;
      paths = map (value: "${values.${value}}") names;
    in
    pkgs.writeScript "ceremony-${name}" (builtins.replaceStrings marks paths (builtins.readFile text));
in
{
  imports = [ "${modulesPath}/installer/netboot/netboot.nix" ];

  options.ceremony = {
    payload = mkOption {
      type = types.path;
      description = "What iso/payload.nix builds: a folder with the executable and its bill.";
    };
    arguments = mkOption {
      type = types.listOf types.str;
      description = "What the ceremony is started with, but for the output folder and the signer's recipient.";
    };
  };

  config = {
    # --- The kernel ------------------------------------------------------------------------------------------------

    boot.kernelPackages = pkgs.linuxPackages;
    # nixpkgs' kernel has neither lockdown nor signed modules: those words on its line would promise what is not there.
    # The whole line is here, because the program compares it at every start: what NixOS would add, and is needed, too.
    boot.kernelParams = mkForce [
      "root=fstab"
      "lsm=landlock,yama"
      "quiet"
      "loglevel=1"
      "consoleblank=0"
      # nixpkgs' kernel takes the framebuffer console over with the first character. Nothing is printed before the
      # program's font is set, and a dummy console has no font (kbd#99).
      "fbcon=nodefer"
      # An oops is not written into the machine's flash.
      "pstore.backend=none"
      "ipv6.disable=1"
      "init_on_alloc=1"
      "init_on_free=1"
      "slab_nomerge"
      "page_alloc.shuffle=1"
      "debugfs=off"
      "vsyscall=none"
      "nohibernate"
      "noresume"
      "intel_iommu=on"
      "amd_iommu=force_isolation"
      "iommu.passthrough=0"
      "iommu.strict=1"
      "systemd.gpt_auto=0"
      "systemd.swap=0"
      "systemd.show_status=0"
      "rd.systemd.gpt_auto=0"
      "rd.systemd.show_status=0"
    ];
    boot.consoleLogLevel = 1;
    boot.kernel.sysctl = {
      "dev.tty.ldisc_autoload" = mkForce 0;
      "dev.tty.legacy_tiocsti" = mkForce 0;
      "fs.protected_fifos" = mkForce 2;
      "fs.protected_hardlinks" = mkForce 1;
      "fs.protected_regular" = mkForce 2;
      "fs.protected_symlinks" = mkForce 1;
      "fs.suid_dumpable" = mkForce 0;
      "kernel.core_pattern" = mkForce "|/bin/false";
      "kernel.dmesg_restrict" = mkForce 1;
      "kernel.io_uring_disabled" = mkForce 2;
      "kernel.kexec_load_disabled" = mkForce 1;
      "kernel.kptr_restrict" = mkForce 2;
      "kernel.perf_event_paranoid" = mkForce 3;
      "kernel.randomize_va_space" = mkForce 2;
      "kernel.sysrq" = mkForce 0;
      "kernel.unprivileged_bpf_disabled" = mkForce 1;
      "kernel.yama.ptrace_scope" = mkForce 3;
      "user.max_user_namespaces" = mkForce 0;
      "vm.unprivileged_userfaultfd" = mkForce 0;
    };
    security.protectKernelImage = true;

    system.modulesTree = mkForce [ modulesTree ];
    system.build.ceremonyModules = modulesTree;
    boot.kernelModules = mkForce modules;
    boot.initrd.includeDefaultModules = false;
    boot.initrd.availableKernelModules = mkForce [ ];
    boot.initrd.kernelModules = mkForce [
      "loop"
      "overlay"
      "squashfs"
    ];
    boot.extraModulePackages = mkForce [ ];
    # A second lock on the same door: should a driver ever get into the image, nothing loads it by its device.
    boot.blacklistedKernelModules = [
      "bluetooth"
      "cfg80211"
      "firewire_core"
      "mac80211"
      "nfc"
      "snd"
      "thunderbolt"
      "usbnet"
      "uvcvideo"
      "wwan"
    ];
    security.lockKernelModules = true;
    # NixOS locks them after the default target. The console waits for the lock, and the target for the console.
    systemd.services.disable-kernel-module-loading = {
      after = mkForce [ "systemd-modules-load.service" ];
      before = [ "ceremony-prepare.service" ];
    };
    hardware.firmware = mkForce [ ];
    hardware.enableRedistributableFirmware = mkForce false;
    hardware.wirelessRegulatoryDatabase = mkForce false;

    # --- Memory only -----------------------------------------------------------------------------------------------

    # netboot.nix: the whole system is one archive that the boot loader puts into memory, the stick can be pulled out.
    swapDevices = mkForce [ ];
    zramSwap.enable = mkForce false;
    boot.supportedFilesystems = mkForce [ "vfat" ];
    boot.initrd.supportedFilesystems = mkForce [
      "squashfs"
      "overlay"
    ];
    boot.swraid.enable = mkForce false;
    services.lvm.enable = mkForce false;
    # They register the store in a database and a profile: for machines that are changed later. The service is
    # netboot.nix's, and has Nix itself in it.
    boot.postBootCommands = mkForce "";
    systemd.services.register-nix-paths.enable = mkForce false;
    boot.tmp.useTmpfs = true;
    services.journald.storage = "volatile";
    systemd.coredump.enable = false;
    # What the firmware would keep of a crash is not read either.
    systemd.suppressedSystemUnits = [ "systemd-pstore.service" ];

    # --- No second kernel, no sleep, no shutdown from memory -----------------------------------------------------------

    boot.kexec.enable = mkForce false;
    powerManagement.enable = mkForce false;
    systemd.shutdownRamfs.enable = mkForce false;
    # Databases of logins and leftovers of earlier systems: there are neither.
    systemd.services.lastlog2-import.enable = mkForce false;
    systemd.services.systemd-tmpfiles-resetup.enable = mkForce false;

    # --- No network ------------------------------------------------------------------------------------------------

    networking.hostName = "ceremony";
    networking.useDHCP = mkForce false;
    networking.dhcpcd.enable = mkForce false;
    networking.interfaces = mkForce { };
    networking.enableIPv6 = mkForce false;
    networking.useNetworkd = mkForce false;
    networking.networkmanager.enable = mkForce false;
    networking.wireless.enable = mkForce false;
    networking.resolvconf.enable = mkForce false;
    # Rules for a network that is not there would need the modules of one.
    networking.firewall.enable = mkForce false;
    services.timesyncd.enable = mkForce false;
    services.nscd.enable = mkForce false;
    system.nssModules = mkForce [ ];
    services.openssh.enable = mkForce false;
    hardware.bluetooth.enable = mkForce false;

    # --- Nobody to log in as, nothing to run -----------------------------------------------------------------------

    users.mutableUsers = false;
    users.allowNoPasswordLogin = true;
    users.users.root.hashedPassword = "!";
    users.users.ceremony = {
      isSystemUser = true;
      uid = 900;
      group = "ceremony";
      description = "runs the ceremony";
    };
    users.groups.ceremony.gid = 900;
    security.sudo.enable = mkForce false;
    security.polkit.enable = mkForce false;
    nix.enable = mkForce false;
    documentation.enable = mkForce false;
    programs.command-not-found.enable = mkForce false;
    environment.systemPackages = mkForce [ ];
    environment.defaultPackages = mkForce [ ];
    environment.corePackages = mkForce [ ];
    # No program that gives its user another's rights.
    security.wrappers = mkForce { };
    fonts.fontconfig.enable = mkForce false;
    xdg.mime.enable = mkForce false;
    services.logrotate.enable = mkForce false;
    services.pipewire.enable = mkForce false;
    services.printing.enable = mkForce false;
    systemd.enableEmergencyMode = false;
    boot.initrd.systemd.emergencyAccess = false;
    systemd.ctrlAltDelUnit = "poweroff.target";
    # No console but the ceremony's: neither at boot nor when somebody changes to another one.
    systemd.services."getty@".enable = mkForce false;
    systemd.services."getty@tty1".enable = mkForce false;
    systemd.services."autovt@".enable = mkForce false;
    systemd.services."serial-getty@".enable = mkForce false;
    services.logind.settings.Login = {
      NAutoVTs = 0;
      ReserveVT = 0;
    };
    # Timers of NixOS' modules, and the one that is systemd's own unit and started by it.
    systemd.timers = mkForce { systemd-tmpfiles-clean.enable = false; };

    # --- The ceremony ----------------------------------------------------------------------------------------------

    environment.ldso = "${pkgs.glibc}/lib/ld-linux-x86-64.so.2";
    # In the store everybody may read every file. Here it is root's and only executable: so the kernel lets nobody who
    # runs it read, trace or dump it.
    systemd.tmpfiles.settings."10-ceremony" = {
      "/run/ceremony".d = {
        mode = "0755";
        user = "root";
        group = "root";
      };
      ${ceremony}."C+" = {
        mode = "0711";
        user = "root";
        group = "root";
        argument = "${cfg.payload}/ceremony";
      };
      ${out}.d = {
        mode = "0700";
        user = "ceremony";
        group = "ceremony";
      };
    };
    # What the program compares the machine with. The path of the running system is not known to its own configuration:
    # ceremony-prepare fills it in.
    environment.etc."ceremony/machine.json.in".text = builtins.toJSON {
      commandLine = "BOOT_IMAGE=/boot/vmlinuz init=@system@/init ${lib.concatStringsSep " " config.boot.kernelParams}";
      outputMount = out;
    };
    environment.etc."ceremony/machine.json".source = "/run/ceremony/machine.json";
    environment.etc."ceremony/payload.sha256".text = builtins.replaceStrings [ "  ceremony" ] [ "  ${ceremony}" ] (
      builtins.readFile ./payload.sha256
    );
    environment.etc."ceremony/arguments".text = lib.concatMapStrings (word: "${word}\n") cfg.arguments;

    systemd.defaultUnit = mkForce "multi-user.target";

    systemd.services.ceremony-prepare = {
      description = "Console, measurement and output stick of the ceremony";
      wantedBy = [ "multi-user.target" ];
      after = [
        "disable-kernel-module-loading.service"
        "systemd-sysctl.service"
        "systemd-tmpfiles-setup.service"
        "systemd-vconsole-setup.service"
      ];
      unitConfig = {
        # A machine that is not fit goes off, and starts nothing.
        FailureAction = "poweroff";
      };
      serviceConfig = onConsole // {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = script "prepare" ./appliance.prepare.sh {
          inherit (pkgs) bash coreutils kbd;
          inherit fonts label out;
          recipient = builtins.readFile ./appliance.recipient.sh;
          utilLinux = pkgs.util-linux;
        };
        # Waits for people.
        TimeoutStartSec = "infinity";
        CapabilityBoundingSet = [
          "CAP_DAC_OVERRIDE"
          "CAP_SYS_ADMIN"
          "CAP_SYSLOG"
          "CAP_SYS_TTY_CONFIG"
        ];
        NoNewPrivileges = true;
        RestrictAddressFamilies = [ "AF_UNIX" ];
        LimitCORE = 0;
        CoredumpFilter = "0x0";
      };
    };

    systemd.services.ceremony = {
      description = "Ceremony";
      wantedBy = [ "multi-user.target" ];
      requires = [ "ceremony-prepare.service" ];
      after = [ "ceremony-prepare.service" ];
      conflicts = [ "getty@tty1.service" ];
      unitConfig = {
        # The machine is for one ceremony. Memory is zeroed as pages are freed, and lost when the power goes.
        SuccessAction = "poweroff";
        FailureAction = "poweroff";
        # Started by the boot and by nothing else.
        RefuseManualStart = true;
      };
      # NixOS gives every service a PATH.
      environment = mkForce { };
      serviceConfig = onConsole // {
        User = "ceremony";
        Group = "ceremony";
        # Opened by root and handed over: the program may not open its own file, and must hash it.
        OpenFile = "${ceremony}:program:read-only";
        ExecStart = script "start" ./appliance.start.sh {
          inherit (pkgs) bash coreutils;
          inherit ceremony;
        };
        ExecStopPost = "+${script "end" ./appliance.end.sh {
          inherit (pkgs) bash coreutils;
          inherit out;
          utilLinux = pkgs.util-linux;
        }}";
        Restart = "no";
        KillMode = "mixed";
        # It asks for a decision and closes the transcript.
        TimeoutStopSec = 600;
        WorkingDirectory = "/";
        UMask = "0077";

        LimitCORE = 0;
        CoredumpFilter = "0x0";
        MemorySwapMax = 0;
        NoNewPrivileges = true;
        CapabilityBoundingSet = "";
        AmbientCapabilities = "";
        # No PrivateNetwork: in a network of its own the self-test would not see the machine's cards.
        RestrictAddressFamilies = "none";
        IPAddressDeny = "any";
        SystemCallArchitectures = "native";
        SystemCallFilter = [
          "@system-service"
          "~@privileged @mount @swap @reboot @raw-io @module @debug @keyring @obsolete @cpu-emulation @clock"
          "~socket connect bind listen accept accept4 socketpair io_uring_setup io_uring_enter io_uring_register"
        ];
        SystemCallErrorNumber = "EPERM";
        DevicePolicy = "closed";
        DeviceAllow = [ "/dev/tty1 rw" ];
        BindReadOnlyPaths = [ "${libraries}:${pkgs.glibc}/lib" ];
        ReadWritePaths = [ out ];
        # PID 1 mounts both read-write, whatever is protected, and the program refuses a machine that keeps what is
        # written. BIOS machines have only the first.
        ReadOnlyPaths = [
          "-/sys/fs/pstore"
          "-/sys/firmware/efi/efivars"
        ];
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
        PrivateIPC = true;
        PrivateMounts = true;
        ProtectClock = true;
        ProtectControlGroups = true;
        ProtectHostname = true;
        ProtectKernelLogs = true;
        ProtectKernelModules = true;
        ProtectKernelTunables = true;
        # The self-test reads of /proc what is not of processes.
        ProcSubset = "all";
        ProtectProc = "invisible";
        KeyringMode = "private";
        LockPersonality = true;
        RemoveIPC = true;
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
      };
    };

    # A device that comes when the ceremony has begun ends it, all but the output stick. SIGTERM: the program closes the
    # transcript, which then says why it is short.
    systemd.services.ceremony-stranger = {
      description = "A device appeared during the ceremony";
      serviceConfig = {
        Type = "oneshot";
        ExecStart = "${pkgs.systemd}/bin/systemctl stop ceremony.service";
      };
    };
    services.udev.extraRules = builtins.replaceStrings [ "@label@" "@systemctl@" ] [
      label
      "${pkgs.systemd}/bin/systemctl"
    ] (builtins.readFile ./appliance.rules);

    # --- The image -------------------------------------------------------------------------------------------------

    system.build.ceremonyImage =
      pkgs.runCommand "ceremony-${config.system.nixos.label}.iso"
        {
          nativeBuildInputs = [
            pkgs.dosfstools
            pkgs.grub2
            pkgs.mtools
            pkgs.xorriso
          ];
          line = "init=${config.system.build.toplevel}/init ${lib.concatStringsSep " " config.boot.kernelParams}";
        }
        ''
          sed "s|@line@|$line|" ${./appliance.grub.cfg} >grub.cfg
          ${pkgs.bash}/bin/bash ${./appliance.image.sh} "$out" \
            ${kernel}/bzImage ${config.system.build.netbootRamdisk}/initrd grub.cfg \
            ${pkgs.grub2}/lib/grub/i386-pc ${pkgs.grub2_efi}/lib/grub/x86_64-efi
        '';
    system.stateVersion = "26.05";
  };
}
