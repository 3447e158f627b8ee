import { useEffect, useState, type ReactElement } from "react";
import { ConversationPane } from "../conversation/conversation-pane.tsx";
import { errorMessage } from "../server/error-message.ts";
import { Notice } from "../layout/notice.tsx";
import { WirePanel } from "../wire/wire-panel.tsx";
import type { Recording } from "./recording.ts";
import { ReplayBar } from "./replay-bar.tsx";
import { usePlayer } from "./use-player.ts";

type Loaded = { recording: Recording } | { failure: string } | undefined;

/** Plays the recording that `load` returns; the component needs its source as its key. */
export function ReplayPage({
  load,
}: {
  load: (signal: AbortSignal) => Promise<Recording>;
}): ReactElement {
  const [loaded, setLoaded] = useState<Loaded>();
  useEffect(() => {
    const stopping = new AbortController();
    load(stopping.signal).then(
      (recording) => setLoaded({ recording }),
      (error: unknown) => {
        if (!stopping.signal.aborted) setLoaded({ failure: errorMessage(error) });
      },
    );
    return () => stopping.abort();
  }, [load]);
  if (!loaded) return <Notice title="Loading the recording …" />;
  if ("failure" in loaded) {
    return <Notice title="The recording cannot be played." text={loaded.failure} isFailure />;
  }
  if (loaded.recording.events.length === 0) {
    return <Notice title="Nothing to play." text="The recording has no events." />;
  }
  return <Playing recording={loaded.recording} />;
}

function Playing({ recording }: { recording: Recording }): ReactElement {
  const player = usePlayer(recording);
  return (
    <>
      <ConversationPane
        conversation={player.conversation}
        version={player.position}
        heading={`Replay: ${recording.title}`}
        note={recording.origin}
        actions={undefined}
        footer={<ReplayBar recording={recording} player={player} />}
      />
      <WirePanel conversation={player.conversation} marks={[]} faults={[]} isLive={false} />
    </>
  );
}
