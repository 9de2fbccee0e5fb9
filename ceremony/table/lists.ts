// What the screen shows as a list, and the printed script too.

export const ROOM_ITEMS = ["phones_out", "cameras_covered", "door_closed", "cables_out", "paper_and_pens"] as const;

/** What the witness answers for, by the name under which it is recorded. */
export const ROOM_TEXTS: Readonly<Record<(typeof ROOM_ITEMS)[number], string>> = {
  phones_out: "Phones, watches and bags are outside the room.",
  cameras_covered: "No camera sees screen, keyboard or plates; windows are covered.",
  door_closed: "The door is closed, and everyone in the room has a role.",
  cables_out: "No network cable, radio card, disk or unknown device is in the machine.",
  paper_and_pens: "Plates, tools, dice, paper and a pen for the witness are on the table.",
};

/** What is done with plates, papers, stick and machine at the end, in this order. */
export function closingList(bundled: boolean): readonly string[] {
  const files = bundled ? "accounts.json and identity.age, which goes to the signer" : "and accounts.json";
  return [
    "Put each plate into its bag, close it, write its number on the paper.",
    "Burn every note of words, and those of the passphrase that are not kept.",
    "The witness signs the paper with the head, the commitment and the node id.",
    // The image holds the stick as long as the program runs.
    `Press Enter, and only then take the stick out. On it are transcript.jsonl, node.json${bundled ? "," : ""} ${files}.`,
    "Power off. Take battery and cable away and wait sixty seconds.",
    "Anyone can now run: ceremony verify transcript.jsonl --head WORDS",
  ];
}
