# What must hold of the machine, over its evaluated configuration. The same list judges NixOS' own evaluation (in `nix
# flake check`) and the stub's (in this project's tests, which also turn every line red).
{
  # A configuration of NixOS.
  config,
}:
let
  inherit (builtins)
    all
    any
    attrNames
    attrValues
    elem
    filter
    isAttrs
    map
    match
    sort
    ;

  # NixOS keeps the names in a set, which has its own order.
  sorted = sort builtins.lessThan;

  sysctl = name: config.boot.kernel.sysctl.${name};
  hasParameter = word: elem word config.boot.kernelParams;
  ceremony = config.systemd.services.ceremony;
  unit = ceremony.serviceConfig;

  # Words of the kernel that make a promise which nixpkgs' kernel does not keep, or open what is shut.
  forbiddenParameter =
    word: match "(lockdown|module[.]sig_enforce|systemd[.]debug.*|rd[.]systemd[.]debug.*|init=.*sh|single|rescue|console=.*)(=.*)?" word != null;

  # Names of drivers that have no business here. The list of modules is one of what is allowed; this catches a line that
  # somebody adds to it.
  forbiddenModule =
    name:
    match ".*(net|wifi|wlan|80211|bluetooth|btusb|e1000.*|igb|ixgbe|r8169|virtio.*|snd.*|uvc.*|video.*|firewire.*|thunderbolt|nfc|wwan|nvme|ahci|ext4|btrfs|xfs|zfs|cifs|nfs|9p|fuse|kvm.*|mei.*|tun|tap|bridge|vhost.*)" name != null;

  rules = {
    network_unused =
      !config.networking.useDHCP
      && !config.networking.dhcpcd.enable
      && config.networking.interfaces == { }
      && !config.networking.useNetworkd
      && !config.networking.networkmanager.enable
      && !config.networking.wireless.enable
      && !config.networking.resolvconf.enable
      && !config.networking.firewall.enable;
    ipv6_off = !config.networking.enableIPv6 && hasParameter "ipv6.disable=1";
    radio_off = !config.hardware.bluetooth.enable && !config.hardware.wirelessRegulatoryDatabase;
    # NixOS makes one folder of the list.
    firmware_none = config.hardware.firmware.paths == [ ] && !config.hardware.enableRedistributableFirmware;
    services_off =
      !config.services.openssh.enable
      && !config.services.timesyncd.enable
      && !config.services.nscd.enable
      && !config.services.printing.enable
      && !config.services.pipewire.enable
      && !config.services.logrotate.enable
      && !config.services.lvm.enable;
    # netboot.nix has Nix itself register the store at each boot.
    nix_off = !config.nix.enable && !(config.systemd.services.register-nix-paths.enable or true);
    sudo_off = !config.security.sudo.enable && !config.security.polkit.enable;
    login_none =
      !config.users.mutableUsers
      && config.users.users.root.hashedPassword == "!"
      && all (user: !(isAttrs user) || (user.password or null) == null && (user.initialPassword or null) == null && (user.openssh.authorizedKeys.keys or [ ]) == [ ]) (
        attrValues config.users.users
      );
    console_single =
      all (name: !config.systemd.services.${name}.enable) [
        "autovt@"
        "getty@"
        "getty@tty1"
        "serial-getty@"
      ]
      && config.services.logind.settings.Login.NAutoVTs == 0
      && config.services.logind.settings.Login.ReserveVT == 0;
    emergency_shell_none =
      !config.systemd.enableEmergencyMode && config.boot.initrd.systemd.emergencyAccess == false;
    programs_none =
      config.environment.systemPackages == [ ]
      && config.environment.defaultPackages == [ ]
      && config.environment.corePackages == [ ];
    setuid_none = config.security.wrappers == { };
    root_in_memory = hasParameter "root=fstab";
    swap_none = config.swapDevices == [ ] && !config.zramSwap.enable && hasParameter "systemd.swap=0";
    disks_unmounted =
      hasParameter "systemd.gpt_auto=0" && hasParameter "rd.systemd.gpt_auto=0" && !config.boot.swraid.enable;
    file_systems_few = all (name: elem name [ "vfat" ]) (
      if isAttrs config.boot.supportedFilesystems then
        filter (name: config.boot.supportedFilesystems.${name}) (attrNames config.boot.supportedFilesystems)
      else
        config.boot.supportedFilesystems
    );
    journal_in_memory = config.services.journald.storage == "volatile";
    hibernation_off = hasParameter "nohibernate" && hasParameter "noresume";
    memory_zeroed = hasParameter "init_on_free=1" && hasParameter "init_on_alloc=1";
    dma_guarded = hasParameter "intel_iommu=on" && hasParameter "amd_iommu=force_isolation" && hasParameter "iommu.passthrough=0";
    parameters_honest = !(any forbiddenParameter config.boot.kernelParams);
    modules_listed =
      sorted config.boot.kernelModules == sorted (import ./check.modules.nix) && config.boot.extraModulePackages == [ ];
    modules_harmless = !(any forbiddenModule config.boot.kernelModules);
    modules_locked =
      config.security.lockKernelModules
      && elem "ceremony-prepare.service" config.systemd.services.disable-kernel-module-loading.before;
    kexec_off =
      sysctl "kernel.kexec_load_disabled" == 1 && config.security.protectKernelImage && !config.boot.kexec.enable;
    sleep_off = !config.powerManagement.enable && !config.systemd.shutdownRamfs.enable;
    io_uring_off = sysctl "kernel.io_uring_disabled" == 2;
    sysrq_off = sysctl "kernel.sysrq" == 0;
    cores_off = sysctl "kernel.core_pattern" == "|/bin/false" && sysctl "fs.suid_dumpable" == 0 && !config.systemd.coredump.enable;
    # Without Yama the kernel has no such setting.
    ptrace_off = sysctl "kernel.yama.ptrace_scope" == 3 && hasParameter "lsm=landlock,yama";
    ceremony_unprivileged =
      unit.User == "ceremony"
      && unit.CapabilityBoundingSet == ""
      && unit.AmbientCapabilities == ""
      && unit.NoNewPrivileges == true;
    ceremony_sealed =
      unit.ProtectSystem == "strict"
      && unit.RestrictAddressFamilies == "none"
      && unit.DevicePolicy == "closed"
      && unit.RestrictNamespaces == true
      && unit.LimitCORE == 0
      && unit.CoredumpFilter == "0x0"
      && unit.MemorySwapMax == 0;
    # In a network namespace of its own the self-test would be blind to the machine's cards.
    ceremony_sees_the_machine = !(unit ? PrivateNetwork) && unit.ProcSubset == "all" && !(unit ? PrivateDevices);
    ceremony_environment_empty = ceremony.environment == { } && !(unit ? EnvironmentFile) && !(unit ? PassEnvironment);
    ceremony_on_tty1 = unit.TTYPath == "/dev/tty1" && unit.StandardInput == "tty-force" && elem "multi-user.target" ceremony.wantedBy;
    ceremony_then_off = ceremony.unitConfig.SuccessAction == "poweroff" && ceremony.unitConfig.FailureAction == "poweroff" && unit.Restart == "no";
    executable_unreadable =
      let
        entry = config.systemd.tmpfiles.settings."10-ceremony"."/run/ceremony/ceremony"."C+";
      in
      entry.mode == "0711" && entry.user == "root";
    arguments_safe = elem (builtins.concatStringsSep " " config.ceremony.arguments) [
      "--mode rehearsal"
      "--mode production --network mainnet"
      "--mode production --network testnet"
      "--mode production --network signet"
    ];
    # The one of them is systemd's own unit, which starts unless it is named here.
    no_timers =
      !(config.systemd.timers.systemd-tmpfiles-clean.enable or true)
      && all (timer: !(timer.enable or true)) (attrValues config.systemd.timers);
    # nixpkgs' kernel has no font on its console before something was printed.
    console_not_deferred = hasParameter "fbcon=nodefer";
    # Neither an oops nor anything else is left in the flash of the machine.
    flash_untouched =
      hasParameter "pstore.backend=none"
      && all (path: elem path unit.ReadOnlyPaths) [
        "-/sys/fs/pstore"
        "-/sys/firmware/efi/efivars"
      ];
  };
in
{
  inherit rules;
  failed = filter (name: !rules.${name}) (attrNames rules);
}
