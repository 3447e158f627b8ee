import { useEffect, useRef, type KeyboardEvent, type ReactElement } from "react";

interface ComposerProps {
  draft: string;
  onDraft: (draft: string) => void;
  onSend: (prompt: string) => void;
  onStop: (() => void) | undefined;
  /** Whether a prompt is on its way to the server. */
  isSending: boolean;
  label: string;
  /** The composer takes the focus when this changes. */
  focusKey: string;
}

/** The input for prompts. Enter sends, Shift and Enter makes a new line. */
export function Composer(props: ComposerProps): ReactElement {
  const { draft, onDraft, onSend, onStop, isSending, label, focusKey } = props;
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // On a small screen the keyboard would cover the conversation.
    if (matchMedia("(min-width: 60rem)").matches) box.current?.focus({ preventScroll: true });
  }, [focusKey]);
  const canSend = draft.trim() !== "" && !isSending && !onStop;
  const submit = () => {
    if (canSend) onSend(draft.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <label htmlFor="prompt" className="sr-only">
        {label}
      </label>
      <textarea
        id="prompt"
        ref={box}
        rows={1}
        value={draft}
        placeholder={label}
        maxLength={16_000}
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {onStop ? (
        <button type="button" className="primary stop" onClick={onStop}>
          Stop
        </button>
      ) : (
        <button type="submit" className="primary" disabled={!canSend}>
          {isSending ? "Sending" : "Ask"}
        </button>
      )}
    </form>
  );
}
