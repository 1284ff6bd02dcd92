/** A plot over days: hover shows the values, a drag chooses days. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { VNode } from "preact";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

interface Series {
  readonly label: string;
  /** A token of the design, such as `--accent`. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly title: string;
  /** Such as `2026-01-31`, in order. */
  readonly days: readonly string[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** Whether the values are integers, so that the axis has no fractions. */
  readonly isInteger?: boolean;
  readonly onSelect: (from: string, to: string) => void;
}

const height = 136;
const toSeconds = (day: string): number => Date.parse(`${day}T00:00:00Z`) / 1000;
const daySeconds = 86_400;
const integerSteps = Array.from({ length: 12 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();
const formatDay = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
/** The nearest day: the pointer is rarely at a point. */
const toDay = (seconds: number): string =>
  new Date(Math.round(seconds / daySeconds) * daySeconds * 1000).toISOString().slice(0, 10);
const readToken = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function Plot({ title, days, series, format, isInteger = false, onSelect }: Props): VNode {
  const place = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<number>();
  const scheme = useColorScheme();
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const axis = {
      stroke: readToken("--muted"),
      grid: { stroke: readToken("--line"), width: 1 },
      ticks: { show: false },
    };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        cursor: { drag: { x: true, y: false }, sync: { key: "days" }, points: { size: 7 } },
        scales: { y: { range: (_, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
        axes: [
          {
            ...axis,
            size: 26,
            space: 64,
            incrs: [1, 2, 7, 14, 28, 56, 112, 224].map((count) => count * daySeconds),
            values: (_, ticks) => ticks.map(formatDay),
          },
          {
            ...axis,
            size: 64,
            ...(isInteger && { incrs: integerSteps }),
            values: (_, ticks) => ticks.map(format),
          },
        ],
        series: [
          {},
          ...series.map(({ label, color }) => ({
            label,
            stroke: readToken(color),
            width: 2,
            points: { show: days.length < 40, size: 5 },
          })),
        ],
        hooks: {
          setCursor: [({ cursor }) => setHovered(cursor.idx ?? undefined)],
          setSelect: [
            (self) => {
              if (self.select.width < 4) return;
              const [from, to] = [self.select.left, self.select.left + self.select.width];
              onSelect(toDay(self.posToVal(from, "x")), toDay(self.posToVal(to, "x")));
            },
          ],
        },
      },
      [days.map(toSeconds), ...series.map(({ values }) => [...values])],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [days, series, scheme]);
  return (
    <figure class="plot">
      <figcaption>
        <b>{title}</b>
        {series.map(({ label, color, values }) => {
          const value = hovered === undefined ? undefined : values[hovered];
          return (
            <span key={label} class={label === "" ? "" : `key ${color.slice(2)}`}>
              {label} {value === undefined || value === null ? "" : format(value)}
            </span>
          );
        })}
        <span class="muted">{hovered === undefined ? "" : days[hovered]}</span>
      </figcaption>
      <div ref={place} />
    </figure>
  );
}

/** A canvas does not follow the colours of the page. */
function useColorScheme(): boolean {
  const [isDark, setDark] = useState(matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const change = (): void => setDark(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, []);
  return isDark;
}
