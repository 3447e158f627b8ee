import { useCallback, useState, type ReactElement } from "react";
import { ConversationPage } from "./conversation/conversation-page.tsx";
import { NewPage } from "./conversation/new-page.tsx";
import { useStatus } from "./server/use-status.ts";
import { Header } from "./layout/header.tsx";
import { openedFile } from "./model/opened-file.ts";
import { recordCapture, recordConversation, type Recording } from "./replay/recording.ts";
import { ReplayPage } from "./replay/replay-page.tsx";
import { Notice } from "./layout/notice.tsx";
import { navigate, useRoute, type Route } from "./model/route.ts";
import { webServer } from "./server/web-server.ts";
import { Sidebar } from "./layout/sidebar.tsx";
import { Tabs, type Tab } from "./layout/tabs.tsx";
import { useLists } from "./server/use-lists.ts";

export function App(): ReactElement {
  const route = useRoute();
  const status = useStatus();
  const lists = useLists();
  const [tab, setTab] = useState<Tab>("talk");
  const { refresh } = lists;
  const onCreated = useCallback(() => {
    refresh();
    setTab("talk");
  }, [refresh]);
  return (
    <div className="app" data-tab={tab} data-view={route.view}>
      <a className="skip" href="#content">
        Skip to the conversation
      </a>
      <Header status={status} />
      <Sidebar lists={lists} route={route} onChosen={() => setTab("talk")} />
      <main className="view">
        <h1 className="sr-only" id="content" tabIndex={-1}>
          Freshet: a conversation that cannot lose a token
        </h1>
        <View route={route} status={status} onCreated={onCreated} />
      </main>
      <Tabs tab={tab} onTab={setTab} />
    </div>
  );
}

interface ViewProps {
  route: Route;
  status: ReturnType<typeof useStatus>;
  onCreated: () => void;
}

function View({ route, status, onCreated }: ViewProps): ReactElement {
  switch (route.view) {
    case "new":
      return <NewPage status={status} onCreated={onCreated} />;
    case "nowhere":
      return (
        <Notice title="There is nothing at this address." isFailure>
          <button type="button" className="primary" onClick={() => navigate({ view: "new" })}>
            Ask something new
          </button>
        </Notice>
      );
    case "conversation":
      return (
        <ConversationPage key={route.id} id={route.id} status={status} onCreated={onCreated} />
      );
    case "replay":
    case "capture":
      return <Replay key={`${route.view} ${route.id}`} route={route} />;
  }
}

function Replay({ route }: { route: Extract<Route, { id: string }> }): ReactElement {
  const load = useCallback(
    (signal: AbortSignal) => loadRecording(route, signal),
    [route.view, route.id],
  );
  return <ReplayPage load={load} />;
}

async function loadRecording(
  { view, id }: Extract<Route, { id: string }>,
  signal: AbortSignal,
): Promise<Recording> {
  if (view === "replay") return recordConversation(id, signal);
  if (id === "file") {
    const file = openedFile();
    if (!file) throw new Error("The file is gone after a reload of the page: open it again.");
    return recordCapture(new Uint8Array(await file.arrayBuffer()), file.name);
  }
  const captures = await webServer.captures(signal);
  const title = captures.find((one) => one.id === id)?.title ?? "a captured response";
  return recordCapture(await webServer.capture(id, signal), title);
}
