/** A no to something from outside, with the reason in words for whoever sent it. A failure of ours is thrown instead. */
export interface Refused {
  readonly refused: string;
}
