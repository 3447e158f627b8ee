import { useSyncExternalStore } from "react";

/** The view that the address bar names. */
export type Route =
  | { view: "new" }
  | { view: "nowhere" }
  | { view: "conversation"; id: string }
  | { view: "replay"; id: string }
  | { view: "capture"; id: string };

const patterns: readonly [RegExp, "conversation" | "replay" | "capture"][] = [
  [/^\/c\/([\w-]+)$/, "conversation"],
  [/^\/c\/([\w-]+)\/replay$/, "replay"],
  [/^\/capture\/([\w-]+)$/, "capture"],
];

export function parseRoute(pathname: string): Route {
  for (const [pattern, view] of patterns) {
    const id = pattern.exec(pathname)?.[1];
    if (id !== undefined) return { view, id };
  }
  return { view: pathname === "/" ? "new" : "nowhere" };
}

export function pathOf(route: Route): string {
  switch (route.view) {
    case "new":
    case "nowhere":
      return "/";
    case "conversation":
      return `/c/${route.id}`;
    case "replay":
      return `/c/${route.id}/replay`;
    case "capture":
      return `/capture/${route.id}`;
  }
}

const listeners = new Set<() => void>();

export function navigate(route: Route): void {
  const path = pathOf(route);
  if (path !== location.pathname) history.pushState(null, "", path);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => location.pathname));
}
