import { ok } from "../../core/result.ts";
import { noDevice, pciDevices, unboundDevices } from "./pci.ts";
import { type Finding, pass, red } from "./result.ts";
import { column, emptyFolders, missing, names, notProvenAbsent, tableLines } from "./rows.ts";
import type { MachineCheck, MachineView } from "./view.ts";

// The air gap (docs/checks.md#no-way-out-by-air). Nothing here may use os.networkInterfaces(): it opens an AF_NETLINK socket, and the
// program is shown by strace to open none.

const onlyLoopback = (found: readonly string[]): Finding => {
  const others = found.filter((name) => name !== "lo");
  return others.length === 0 ? pass("only lo") : red(names(others));
};

/** `/proc/net/dev` is of this network namespace: right also where `/sys` was mounted by another. */
function interfaces(view: MachineView): Finding {
  const dev = view.read("/proc/net/dev");
  if (!dev.ok) return missing(dev.error);
  const lines = tableLines(dev.value, 2);
  if (!dev.value.startsWith("Inter-|")) return red("not the table of interfaces");
  return onlyLoopback(lines.map((line) => line.slice(0, line.indexOf(":")).trim()));
}

/** `/sys/class/net` is of the namespace that mounted it: it shows the card that `unshare --net` hides from `/proc`. */
function interfaceFolders(view: MachineView): Finding {
  const path = "/sys/class/net";
  const folder = view.list(path);
  if (!folder.ok) return notProvenAbsent(view, path, folder.error) ?? pass("no network stack");
  return onlyLoopback(folder.value);
}

function routes(view: MachineView): Finding {
  const route = view.read("/proc/net/route");
  if (!route.ok) return missing(route.error);
  // Linux makes the table with the first route of all, which is that of `lo`: where not even that is up, the file is empty.
  if (route.value === "") return pass("none, not even a table");
  if (!route.value.startsWith("Iface")) return red("not the table of routes");
  const lines = tableLines(route.value, 1);
  return lines.length === 0 ? pass("none") : red(names(lines.map((line) => column(line, 0))));
}

function addresses(view: MachineView): Finding {
  const path = "/proc/net/if_inet6";
  const table = view.read(path);
  if (!table.ok) return notProvenAbsent(view, path, table.error) ?? pass("no IPv6");
  return onlyLoopback(tableLines(table.value, 0).map((line) => column(line, 5)));
}

/** Any kernel with IPv4 has the first three; the others come with IPv6 and packet sockets. */
const SOCKET_TABLES = ["tcp", "udp", "raw"] as const;
const SOCKET_TABLES_OPTIONAL = ["tcp6", "udp6", "raw6", "udplite", "udplite6", "icmp", "icmp6", "packet"] as const;

function sockets(view: MachineView): Finding {
  const found: string[] = [];
  for (const name of [...SOCKET_TABLES, ...SOCKET_TABLES_OPTIONAL]) {
    const path = `/proc/net/${name}`;
    const table = view.read(path);
    if (table.ok) {
      // Each has one header line; a file without it is not the table.
      if (!/^\s*(sl|sk)\s/.test(table.value)) return red(`not the table of ${name} sockets`);
      const count = tableLines(table.value, 1).length;
      if (count > 0) found.push(`${name}=${count}`);
    } else {
      const optional = SOCKET_TABLES_OPTIONAL.some((other) => other === name);
      const failure = optional ? notProvenAbsent(view, path, table.error) : missing(table.error);
      if (failure !== undefined) return failure;
    }
  }
  return found.length === 0 ? pass("none") : red(found.join(" "));
}

/** Wi-Fi cards say 0x0280, "other network controller"; 0x0d is wireless by name: infrared, Bluetooth, broadband. */
const radios = (view: MachineView) => pciDevices(view, "0280", "0d");
/** All of 0x02 but 0x0280: Ethernet, and what else has a cable. */
const wired = (view: MachineView) => {
  const cards = pciDevices(view, "02");
  return cards.ok ? ok(cards.value.filter((card) => !card.code.startsWith("0280"))) : cards;
};

function wiredCards(view: MachineView): Finding {
  const cards = wired(view);
  if (view.expected.noWiredCard === true || !cards.ok) return noDevice(cards);
  return pass("allowed without a driver");
}

export const NETWORK_CHECKS: readonly MachineCheck[] = [
  {
    id: "net_interfaces",
    title: "No network interface",
    severity: "required",
    source: "/proc/net/dev",
    evaluate: interfaces,
  },
  {
    id: "net_folders",
    title: "No network interface in any namespace",
    severity: "required",
    source: "/sys/class/net",
    evaluate: interfaceFolders,
  },
  { id: "net_routes", title: "No route", severity: "required", source: "/proc/net/route", evaluate: routes },
  {
    id: "net_addresses",
    title: "No IPv6 address",
    severity: "required",
    source: "/proc/net/if_inet6",
    evaluate: addresses,
  },
  {
    id: "net_sockets",
    title: "No open network socket",
    severity: "required",
    source: "/proc/net/{tcp,udp,raw,...}",
    evaluate: sockets,
  },
  {
    id: "net_driver",
    title: "No driver serves a network card",
    severity: "required",
    source: "/sys/bus/pci/devices/*/{class,driver}",
    evaluate: (view) => noDevice(wired(view), (card) => card.bound),
  },
  {
    id: "net_cards",
    title: "No wired network card, where none may be",
    severity: "required",
    source: "/sys/bus/pci/devices/*/class",
    evaluate: wiredCards,
  },
  {
    // Soldered to nearly every board. Without a driver it is dead metal, and a cable is seen by people: so it is shown.
    id: "net_hardware",
    title: "Wired network card without a driver",
    severity: "info",
    source: "/sys/bus/pci/devices/*/{class,driver}",
    evaluate: (view) => unboundDevices(wired(view)),
  },
  {
    id: "radio_hardware",
    title: "No radio card, even without a driver",
    severity: "required",
    source: "/sys/bus/pci/devices/*/class",
    evaluate: (view) => noDevice(radios(view)),
  },
  {
    id: "radio_stack",
    title: "No Wi-Fi, Bluetooth, WWAN or NFC",
    severity: "required",
    source: "/sys/class/{ieee80211,rfkill,bluetooth,wwan,nfc}",
    evaluate: (view) =>
      emptyFolders(
        view,
        ["ieee80211", "rfkill", "bluetooth", "wwan", "nfc"].map((name) => `/sys/class/${name}`),
      ),
  },
];
