import type { TranscriptPart } from "./transcript.ts";

type PartType = TranscriptPart["type"];
type Slot = TranscriptPart | undefined;

/**
 * The parts of all transcripts of one fold. Each transcript is a version of it, and its list of parts is made
 * only when somebody looks at it: a list for every event would make a fold take quadratic time.
 */
export class PartLog {
  readonly #base: readonly Slot[];
  /** The parts of the newest version; a removed one leaves its slot empty. */
  readonly #newest: Slot[];
  readonly #changes: { index: number; slot: Slot }[] = [];
  /** Where the last part of each `part` is, and each tool call and approval. */
  readonly #lastOf = new Map<string, number>();
  readonly #byId = new Map<string, number>();
  readonly #openTools = new Set<number>();
  /** The version that last changed each type of part, and the lists that were made of them. */
  readonly #changedAt = new Map<PartType, number>();
  readonly #lists = new Map<PartType, { version: number; list: readonly unknown[] }>();

  constructor(parts: readonly TranscriptPart[]) {
    this.#base = parts;
    this.#newest = [...parts];
    for (const [index, part] of parts.entries()) this.#index(index, part);
  }

  /** The number of the newest version. */
  get version(): number {
    return this.#changes.length;
  }

  /** Whether the history of the parts is much longer than the parts. */
  get isLong(): boolean {
    return this.#changes.length > 2 * this.#newest.length + 1000;
  }

  /** The parts of a version. */
  partsAt(version: number): readonly TranscriptPart[] {
    if (version === this.version) return this.#newest.filter((slot) => slot !== undefined);
    const slots = [...this.#base];
    for (const { index, slot } of this.#changes.slice(0, version)) slots[index] = slot;
    return slots.filter((slot) => slot !== undefined);
  }

  /**
   * A list of all parts of a type: the same one as long as none of them changes, so that a view of it need
   * not be rendered anew.
   */
  listAt<T>(version: number, type: PartType, itemOf: (part: TranscriptPart) => T): readonly T[] {
    const changedAt = this.#changedAt.get(type) ?? 0;
    const made = this.#lists.get(type);
    if (made?.version === changedAt && version >= changedAt) return made.list as readonly T[];
    const list = this.partsAt(version)
      .filter((part) => part.type === type)
      .map(itemOf);
    if (version >= changedAt) this.#lists.set(type, { version: changedAt, list });
    return list;
  }

  at(index: number | undefined): TranscriptPart | undefined {
    return index === undefined ? undefined : this.#newest[index];
  }

  /** Where the last part with this `part` is. */
  lastOf(part: string | undefined): number | undefined {
    return this.#lastOf.get(part ?? "");
  }

  /** Where the part of a tool call or an approval is. */
  indexOf(type: "tool" | "approval", id: string): number | undefined {
    return this.#byId.get(`${type} ${id}`);
  }

  add(part: TranscriptPart): void {
    this.set(this.#newest.length, part);
  }

  set(index: number, part: TranscriptPart): void {
    this.#newest[index] = part;
    this.#changes.push({ index, slot: part });
    this.#changedAt.set(part.type, this.version);
    this.#index(index, part);
  }

  /** Removes all parts with this `part`. */
  removePart(part: string): void {
    for (const [index, slot] of this.#newest.entries()) {
      if (slot?.part !== part) continue;
      this.#newest[index] = undefined;
      this.#changes.push({ index, slot: undefined });
      this.#changedAt.set(slot.type, this.version);
      this.#openTools.delete(index);
    }
    this.#lastOf.delete(part);
  }

  /** The calls that have no result: they end as `unknown`. */
  endOpenTools(): void {
    for (const index of [...this.#openTools]) {
      const slot = this.#newest[index];
      if (slot?.type !== "tool") continue;
      this.set(index, { ...slot, tool: { ...slot.tool, status: "unknown" } });
    }
  }

  #index(index: number, part: TranscriptPart): void {
    if (this.lastOf(part.part) === undefined || index > (this.lastOf(part.part) ?? -1)) {
      this.#lastOf.set(part.part ?? "", index);
    }
    if (part.type === "approval") this.#byId.set(`approval ${part.request.approval_id}`, index);
    if (part.type !== "tool") return;
    this.#byId.set(`tool ${part.tool.id}`, index);
    const { status } = part.tool;
    if (status === "running" || status === "preparing") this.#openTools.add(index);
    else this.#openTools.delete(index);
  }
}
