import type { ChangeEvent, ReactElement } from "react";
import type { CaptureSummary, ConversationSummary } from "../../src/protocol/api.ts";
import { Link } from "./link.tsx";
import { openFile } from "../model/opened-file.ts";
import { navigate, type Route } from "../model/route.ts";
import type { Lists } from "../server/use-lists.ts";

interface SidebarProps {
  lists: Lists;
  route: Route;
  onChosen: () => void;
}

/** Lists earlier conversations and captured responses, to read or to replay. */
export function Sidebar({ lists, route, onChosen }: SidebarProps): ReactElement {
  const { conversations, captures, failure } = lists;
  const current = "id" in route ? route.id : undefined;
  return (
    <nav className="past" aria-label="Conversations and recordings">
      <Link
        to={{ view: "new" }}
        className="new"
        isCurrent={route.view === "new"}
        onFollow={onChosen}
      >
        New conversation
      </Link>
      <h2>Conversations</h2>
      {failure !== undefined && <p className="nothing">{failure}</p>}
      {!conversations && failure === undefined && <p className="nothing">Loading …</p>}
      {conversations?.length === 0 && <p className="nothing">None yet.</p>}
      <ul>
        {conversations?.map((one) => (
          <Conversation
            key={one.id}
            conversation={one}
            current={current === one.id ? route.view : undefined}
            onChosen={onChosen}
          />
        ))}
      </ul>
      <h2>Captured responses</h2>
      {captures?.length === 0 && <p className="nothing">None yet: each answer adds one.</p>}
      <ul>
        {captures?.map((one) => (
          <Capture key={one.id} capture={one} isCurrent={current === one.id} onChosen={onChosen} />
        ))}
      </ul>
      <FilePicker onChosen={onChosen} />
    </nav>
  );
}

function Conversation(props: {
  conversation: ConversationSummary;
  current: Route["view"] | undefined;
  onChosen: () => void;
}): ReactElement {
  const { conversation, current, onChosen } = props;
  const { id, title, at, parent } = conversation;
  return (
    <li className="entry">
      <Link
        to={{ view: "conversation", id }}
        className="entry-main"
        isCurrent={current === "conversation"}
        onFollow={onChosen}
      >
        <span className="entry-title">{title}</span>
        <span className="entry-facts">
          {clock(at)}
          {parent !== undefined && " · fork"}
        </span>
      </Link>
      <Link
        to={{ view: "replay", id }}
        className="entry-play"
        isCurrent={current === "replay"}
        label={`Replay: ${title}`}
        onFollow={onChosen}
      >
        <PlayIcon />
      </Link>
    </li>
  );
}

function Capture(props: {
  capture: CaptureSummary;
  isCurrent: boolean;
  onChosen: () => void;
}): ReactElement {
  const { id, title, at, bytes, operation } = props.capture;
  return (
    <li className="entry">
      <Link
        to={{ view: "capture", id }}
        className="entry-main"
        isCurrent={props.isCurrent}
        onFollow={props.onChosen}
      >
        <span className="entry-title">{title}</span>
        <span className="entry-facts">
          {clock(at)} · {(bytes / 1024).toFixed(1)} KiB · {operation}
        </span>
      </Link>
    </li>
  );
}

function FilePicker({ onChosen }: { onChosen: () => void }): ReactElement {
  const onChange = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    if (!file) return;
    openFile(file);
    // The same route twice would show the previous file.
    navigate({ view: "new" });
    navigate({ view: "capture", id: "file" });
    onChosen();
  };
  return (
    <label className="file">
      Open a captured response …
      <input type="file" accept=".bin,application/vnd.amazon.eventstream" onChange={onChange} />
    </label>
  );
}

function PlayIcon(): ReactElement {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d="M5 3.5v9l7-4.5z" />
    </svg>
  );
}

function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}
