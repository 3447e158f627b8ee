import { DurableStreamsServerError } from "../store/errors.ts";
import type { GroupCommit } from "../store/group-commit.ts";
import type { Mutation } from "../store/mutation.ts";

/** Runs the mutations that make room: on a full disk with the room that is kept for them. */
export class CleanUp {
  readonly #commits: GroupCommit;

  constructor(commits: GroupCommit) {
    this.#commits = commits;
  }

  async run<Outcome>(mutation: Mutation<Outcome>): Promise<Outcome> {
    try {
      return await this.#commits.run(mutation);
    } catch (error) {
      if (!(error instanceof DurableStreamsServerError) || error.code !== "STORE_FULL") throw error;
      return this.#commits.run({ ...mutation, makesRoom: true });
    }
  }
}
