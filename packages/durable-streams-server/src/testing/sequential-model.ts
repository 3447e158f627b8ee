/** What one object does when its operations come one after the other. */
export interface SequentialModel<State, Input, Output> {
  readonly initial: State;
  /**
   * The state after an operation; `undefined` where the model does not respond so. An operation whose
   * response nobody saw has `output` undefined. An operation without effect returns `state` itself.
   */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** Whether an operation with this response has no effect in any state. */
  isPure(input: Input, output: Output): boolean;
  isSame(a: State, b: State): boolean;
}

/** One operation as a client saw it. Times are of one clock; no two events share one. */
export interface Operation<Input, Output> {
  readonly input: Input;
  readonly invokedAt: number;
  /** Left out: the outcome is unknown. It may take effect at any time after `invokedAt`, or never. */
  readonly response?: { readonly output: Output; readonly at: number } | undefined;
}
