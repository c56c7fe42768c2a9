/** Where the frames of a link are written, and what is handed out for reading one. */

/** The memory that a frame stands in. */
export interface FrameMemory {
  readonly view: DataView;
  readonly bytes: Buffer;
}

/** Takes one frame; its bytes may be looked at only until it returns. Throws only at what no thread sends. */
export type FrameHandler = (kind: number, memory: FrameMemory, body: number, bodyBytes: number) => void;

/** Takes frames one after another, and shows them to the other side all at once. */
export interface FrameWriter extends FrameMemory {
  /** Frames written and not yet published. */
  readonly unpublished: number;
  /** After so many it publishes at the latest: the other side begins with them while more are written. */
  readonly publishAfter: number;
  /** The longest body that is sure to fit. */
  readonly longestBody: number;
  /**
   * Room for a frame with a body of up to `bodyBytes`, in the memory as it is after this call.
   * @returns where its body begins, or −1 while there is no room.
   */
  claim(bodyBytes: number): number;
  /** Ends the frame whose body begins at `body`, as `claim` gave it, and has `bodyBytes` bytes. */
  commit(body: number, kind: number, bodyBytes: number): void;
  publish(): void;
  /** Has the reader ring when it has made room. Try once more after this, before going to sleep. */
  waitForRoom(): void;
  /** Gives `handle` what was published and is not known to have been read. */
  unread(handle: FrameHandler): void;
}
