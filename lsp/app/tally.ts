/**
 * Counters and histograms of the hot path, in the text form that Prometheus reads (exposition format 0.0.4). A request
 * moves ten of these numbers: that takes 5 to 6 µs with prom-client, which looks labels up and checks them each time, and
 * a tenth of it here. All that is not counted for every request is prom-client's.
 */
export interface Tally<T> {
  /** What counts for these values of the labels; the same one for the same values. */
  of(...values: readonly string[]): T;
  text(): string;
}

export interface Count {
  inc(): void;
}

export interface Spread {
  observe(seconds: number): void;
}

/** An unlabelled counter is exported as 0 from the start, so that "nothing happened" is visible. */
export function openCounter(name: string, help: string, ...labels: readonly string[]): Tally<Count> {
  const series = openSeries(labels, (at) => {
    let count = 0;
    return {
      inc() {
        count += 1;
      },
      lines: () => [`${name}${braces(at)} ${count}`],
    };
  });
  return { of: series.of, text: () => header(name, help, "counter") + series.text() };
}

/** @param bounds ascending, in seconds; what is above all of them counts as well */
export function openHistogram(
  name: string,
  help: string,
  bounds: readonly number[],
  ...labels: readonly string[]
): Tally<Spread> {
  const series = openSeries(labels, (at) => {
    const counts = bounds.map(() => 0);
    let [count, sum] = [0, 0];
    return {
      observe(seconds: number) {
        count += 1;
        sum += seconds;
        // The first bound that is not below it; most observations are below the middle.
        for (let i = 0; i < bounds.length; i += 1) {
          if (seconds <= (bounds[i] ?? 0)) {
            counts[i] = (counts[i] ?? 0) + 1;
            return;
          }
        }
      },
      lines() {
        let below = 0;
        const buckets = bounds.map((bound, i) => {
          below += counts[i] ?? 0;
          return `${name}_bucket${braces([`le="${bound}"`, ...at])} ${below}`;
        });
        return [
          ...buckets,
          `${name}_bucket${braces(['le="+Inf"', ...at])} ${count}`,
          `${name}_sum${braces(at)} ${sum}`,
          `${name}_count${braces(at)} ${count}`,
        ];
      },
    };
  });
  return { of: series.of, text: () => header(name, help, "histogram") + series.text() };
}

interface Lines {
  lines(): readonly string[];
}

/** @param make gets `name="value"` of each label */
function openSeries<T extends Lines>(labels: readonly string[], make: (at: readonly string[]) => T): Tally<T> {
  const made = new Map<string, T>();
  const of = (...values: readonly string[]): T => {
    const key = values.length === 1 ? (values[0] ?? "") : values.join("\n");
    const known = made.get(key);
    if (known !== undefined) return known;
    const series = make(labels.map((label, i) => `${label}="${escaped(values[i] ?? "")}"`));
    made.set(key, series);
    return series;
  };
  if (labels.length === 0) of();
  return { of, text: () => [...made.values()].flatMap((series) => series.lines()).join("\n") };
}

function header(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function braces(labels: readonly string[]): string {
  return labels.length === 0 ? "" : `{${labels.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
