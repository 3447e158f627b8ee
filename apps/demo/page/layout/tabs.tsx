import type { ReactElement } from "react";

export type Tab = "talk" | "wire" | "break" | "past";

const labels: readonly [Tab, string][] = [
  ["talk", "Talk"],
  ["wire", "Wire"],
  ["break", "Break it"],
  ["past", "Past"],
];

/** Switches between the parts of the page where the screen is too small for all of them. */
export function Tabs({ tab, onTab }: { tab: Tab; onTab: (tab: Tab) => void }): ReactElement {
  return (
    <nav className="tabs" aria-label="Parts of the page">
      {labels.map(([name, label]) => (
        <button
          key={name}
          type="button"
          aria-current={tab === name ? "page" : undefined}
          onClick={() => onTab(name)}
        >
          {label}
        </button>
      ))}
    </nav>
  );
}
