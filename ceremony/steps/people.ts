import { MODES } from "../table/config.ts";
import * as rule from "../table/fields.ts";
import { ROOM_ITEMS, ROOM_TEXTS } from "../table/lists.ts";
import { different, named, same } from "./agreement.ts";
import { again, ends, entry, type Step } from "./row.ts";

export const peopleRow = {
  id: "people",
  number: 3,
  short: "People",
  title: "People, place and configuration",
  room: "table",
  modes: MODES,
  pages: [
    { id: "id", actor: "operator", aloud: "Type the id of this ceremony.", shows: "a field for the ceremony's id" },
    {
      id: "idread",
      actor: "leader",
      aloud: "Everyone, look at the id: it stands in every record and cannot be changed. Is it right?",
      shows: "the id alone; N types it again",
    },
    {
      id: "date1",
      actor: "operator",
      aloud: "Operator, type today's date, from your own watch and not from this screen.",
      shows: "a field for the date",
    },
    {
      id: "date2",
      actor: "witness",
      aloud: "Witness, type today's date from your own watch.",
      shows: "a field for the date; both must agree with each other and with the machine's clock",
    },
    {
      id: "roles",
      actor: "operator",
      aloud: "Each of you, say your initials: leader, operator, officer one, officer two, witness.",
      shows: "five fields for initials; officers and witness are different people",
    },
    {
      id: "team",
      actor: "leader",
      aloud: "Each of you, look at your initials. Are they right?",
      shows: "the five roles with their initials; a number corrects one, which is recorded",
    },
    {
      id: "config1",
      actor: "officer1",
      aloud: "Officer one, read the configuration aloud and type the first and last word of its hash.",
      shows: "the configuration, line by line, and its hash in words",
    },
    {
      id: "config2",
      actor: "witness",
      aloud: "Witness, check the configuration and type the first and last word of its hash.",
      shows: "the same",
    },
    {
      id: "room",
      actor: "leader",
      aloud: "We go through the room. Everyone looks, the witness answers.",
      shows: "the room checklist, one item after the other",
    },
  ],
  records: [
    entry("corrected", "undo", "any", ["operator"], { field: rule.oneOf("ceremonyId") }),
    entry("ceremony", "statement", "one", ["operator"], { ceremonyId: rule.ceremonyId }, [
      same("ceremonyId", "selftest.opened"),
    ]),
    entry("date", "accepted", "two", ["operator", "witness"], { date: rule.date }, [
      named("dateHasBirthday"),
      same("date", "people.date"),
    ]),
    entry("clock", "check", "one", ["machine"], { date: rule.date }, [named("clockNearDate")]),
    entry(
      "replaced",
      "undo",
      "any",
      ["operator"],
      {
        role: rule.oneOf("leader", "operator", "officer1", "officer2", "witness"),
        initials: rule.initials,
      },
      [named("roleKnown"), named("onePersonEach")],
    ),
    entry(
      "role",
      "statement",
      "five",
      ["leader", "operator", "officer1", "officer2", "witness"],
      {
        role: rule.oneOf("leader", "operator", "officer1", "officer2", "witness"),
        initials: rule.initials,
      },
      [named("ownRole"), named("onePersonEach")],
    ),
    entry("configuration", "compare", "two", ["officer1", "witness"], { configHash: rule.hexField(32) }, [
      same("configHash", "selftest.opened"),
    ]),
    entry("room", "check", "five", ["witness"], { item: rule.oneOf(...ROOM_ITEMS) }, [different("item")]),
  ],
  refusals: {
    ceremony_id_form: again("An id has 3 to 32 of a-z, 0-9 and hyphen, such as node-2026-a."),
    date_form: again("Type the date as year-month-day, such as 2026-11-22."),
    date_differs: again("The two people typed different dates. Both type it again."),
    date_clock: again("If your watches are right: end, set it in firmware.", "The clock says DATE."),
    date_future: again("No later day: both type the day of UTC.", "The clock says DATE."),
    initials_form: again("Initials are two to four letters."),
    role_taken: again("This person has a role already. Only leader and operator may be one person."),
    config_rejected: ends("The configuration was rejected. Begin again with the right one."),
    config_copy: again("Those are not the first and last word of the configuration's hash."),
    room_not_ready: ends("The room is not ready. Make it ready and begin again."),
  },
  meets: ["write_failed"],
  paper: ["The room, as the witness is asked:", "", { boxes: ROOM_ITEMS.map((item) => ROOM_TEXTS[item]) }],
} as const satisfies Step;
