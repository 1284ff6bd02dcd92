/** A doubly linked list. */

export interface ListNode<T> {
  readonly value: T;
  previous: ListNode<T> | undefined;
  next: ListNode<T> | undefined;
}

/**
 * Values in the order of their addition. Use it instead of a Map or a Set for values that come and go with every request: V8
 * replaces the table of a Map after some changes and links the old table to the new one. Once an old table is in the old
 * generation, the values of all later tables live until a full collection. A removed node refers to no other node.
 */
export class LinkedList<T> implements Iterable<T> {
  size = 0;
  #first: ListNode<T> | undefined;
  #last: ListNode<T> | undefined;

  /** Adds the value at the end. Returns the node, for `remove`. */
  add(value: T): ListNode<T> {
    const node: ListNode<T> = { value, previous: this.#last, next: undefined };
    if (this.#last === undefined) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
    this.size += 1;
    return node;
  }

  /** Removes a node of this list. Does nothing for a node that was removed before. */
  remove(node: ListNode<T>): void {
    const { previous, next } = node;
    if (previous === undefined && this.#first !== node) return;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    node.previous = undefined;
    node.next = undefined;
    this.size -= 1;
  }

  /** During an iteration, only the visited value may be removed. */
  *[Symbol.iterator](): Iterator<T> {
    let node = this.#first;
    while (node !== undefined) {
      const { next } = node;
      yield node.value;
      node = next;
    }
  }
}
