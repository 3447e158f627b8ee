import type { ReactElement } from "react";
import type { ModelInUse } from "../../src/protocol/api.ts";
import type { PolledStatus } from "../server/use-status.ts";
import { Link } from "./link.tsx";

/** The name of the demo, and which model is in use. */
export function Header({ status: { status, isAway } }: { status: PolledStatus }): ReactElement {
  return (
    <header className="top">
      <Link to={{ view: "new" }} className="brand">
        <Logo />
        <span className="brand-name">Freshet</span>
        <span className="brand-line">A conversation that cannot lose a token</span>
      </Link>
      <p className="model" aria-label="Model in use">
        {isAway ? (
          <span className="model-away">The web server is down</span>
        ) : (
          <Model model={status?.model} />
        )}
      </p>
    </header>
  );
}

function Model({ model }: { model: ModelInUse | undefined }): ReactElement {
  if (!model) return <span className="model-text">…</span>;
  if (model.kind === "real") {
    return (
      <>
        <span className="badge badge-real">Amazon Bedrock</span>
        <span className="model-text">
          {model.id}, {model.region}
        </span>
      </>
    );
  }
  return (
    <>
      <span className="badge">Simulated model</span>
      <span className="model-text">
        {model.kind === "replay"
          ? "replays a captured answer"
          : "the frames, servers and faults are real"}
      </span>
    </>
  );
}

/** A staff gauge in the water. */
function Logo(): ReactElement {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path className="logo-staff" d="M10 3v26M10 4.5h9M10 11h6M10 17.5h9M10 24h6" />
      <path className="logo-water" d="M2 22c4.5-3.6 9.5-3.6 14 0s9.5 3.6 14 0" />
    </svg>
  );
}
