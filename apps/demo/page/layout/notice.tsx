import type { ReactElement, ReactNode } from "react";

/** A notice in place of content that cannot be shown yet, or at all. */
export function Notice(props: {
  title: string;
  text?: string;
  isFailure?: boolean;
  children?: ReactNode;
}): ReactElement {
  const { title, text, isFailure = false, children } = props;
  return (
    <div className="notice" role={isFailure ? "alert" : "status"}>
      <p className="notice-title">{title}</p>
      {text !== undefined && <p>{text}</p>}
      {children}
    </div>
  );
}
