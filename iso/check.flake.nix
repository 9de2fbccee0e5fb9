# The checks of `nix flake check`: what NixOS makes of appliance.nix, judged. None of them was run in this project's own
# tests, which have no nixpkgs (iso/README.md).
{
  lib,
  pkgs,
  # Evaluated systems by name.
  machines,
  # The image that the virtual machine boots: a rehearsal's, because a virtual machine is refused a production.
  image,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    elem
    filter
    readFile
    ;

  # A check without a build: it passes by being evaluated.
  judged =
    name: failures:
    if failures == [ ] then
      pkgs.runCommand name { } "touch $out"
    else
      throw "${name}: ${concatStringsSep " " failures}";

  policy =
    machine: judged "policy" (import ./check.nix { inherit (machine) config; }).failed;

  listed = filter (line: line != "") (lib.splitString "\n" (readFile ./check.services));

  # Units of NixOS' modules that something starts, and that nobody wrote down: named before anything is built.
  services =
    machine:
    let
      inherit (machine.config) systemd;
      linksOf =
        suffix: units:
        concatMap (
          name:
          let
            unit = units.${name};
            isOff = !(unit.enable or true) || elem "${name}.${suffix}" (systemd.suppressedSystemUnits or [ ]);
            by = word: map (target: "${target}.${word}/${name}.${suffix}");
          in
          if isOff then
            [ ]
          else
            by "wants" (unit.wantedBy or [ ])
            ++ by "requires" (unit.requiredBy or [ ])
            ++ by "upholds" (unit.upheldBy or [ ])
        ) (attrNames units);
      links =
        linksOf "service" systemd.services
        ++ linksOf "socket" (systemd.sockets or { })
        ++ linksOf "timer" (systemd.timers or { })
        ++ linksOf "path" (systemd.paths or { })
        ++ linksOf "target" (systemd.targets or { });
    in
    judged "services" (filter (link: !(elem link listed)) links);

  # The same of all units that were generated, systemd's own among them, with mounts and automounts.
  started =
    machine:
    pkgs.runCommand "started" { } ''
      bash ${./check.started.sh} ${machine.config.environment.etc."systemd/system".source} ${./check.services} >$out
    '';

  # What was really copied: no driver of a network, of sound, video, radio, a disk, or a file system but those named.
  modules =
    machine:
    pkgs.runCommand "modules" { } ''
      cd ${machine.config.system.build.ceremonyModules}/lib/modules/*
      if find . -name '*.ko*' | grep -E '/(net|sound|drivers/(net|bluetooth|media|gpu|infiniband|nvme|ata|firewire|thunderbolt|nfc|staging|misc/mei))/'; then
        exit 1
      fi
      find . -name '*.ko*' | sort >$out
    '';
in
{
  policy-production = policy machines.production;
  policy-rehearsal = policy machines.rehearsal;
  services = services machines.production;
  started = started machines.production;
  modules = modules machines.production;

  # Boots the very image, under UEFI and with nothing plugged in but a stick, and plays the first screens.
  boot = pkgs.testers.runNixOSTest {
    name = "ceremony-boot";
    enableOCR = true;
    nodes = { };
    testScript = ''
      import os
      import subprocess
      import time
      # QEMU runs in a folder of its own.
      stick = os.path.abspath("stick.img")
      subprocess.run(["${pkgs.coreutils}/bin/truncate", "-s", "64M", stick], check=True)
      subprocess.run(["${pkgs.dosfstools}/bin/mkfs.vfat", "-n", "CEREMONYOUT", stick], check=True)
      machine = create_machine(
          "${pkgs.qemu_test}/bin/qemu-kvm -m 1536 -nic none"
          " -drive if=pflash,format=raw,readonly=on,file=${pkgs.OVMF.firmware}"
          " -cdrom ${image}"
          f" -device qemu-xhci -device usb-kbd -drive if=none,id=stick,format=raw,file={stick}"
          " -device usb-storage,drive=stick"
      )
      machine.start()
      machine.wait_for_text("the ceremony")
      machine.wait_for_text("Characters")
      machine.send_key("ret")
      machine.wait_for_text("Keyboard")
      machine.send_key("ret")
      machine.wait_for_text("Press Enter to begin")
      machine.screenshot("prepared")
      machine.send_key("ret")
      machine.wait_for_text("REHEARSAL")
      machine.screenshot("first")
      # The self-test's first page, and then its second. The driver's own sleep wants a shell in the guest.
      machine.send_key("ret")
      time.sleep(5)
      machine.screenshot("second")
    '';
  };
}
