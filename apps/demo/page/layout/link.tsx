import type { MouseEvent, ReactElement, ReactNode } from "react";
import { navigate, pathOf, type Route } from "../model/route.ts";

interface LinkProps {
  to: Route;
  className?: string;
  isCurrent?: boolean;
  label?: string;
  onFollow?: () => void;
  children: ReactNode;
}

/** A link that does not reload the page, unless it is opened in another tab or window. */
export function Link({
  to,
  className,
  isCurrent,
  label,
  onFollow,
  children,
}: LinkProps): ReactElement {
  const onClick = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    navigate(to);
    onFollow?.();
  };
  return (
    <a
      href={pathOf(to)}
      className={className}
      aria-current={isCurrent ? "page" : undefined}
      aria-label={label}
      onClick={onClick}
    >
      {children}
    </a>
  );
}
