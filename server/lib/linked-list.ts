/** Values in the order in which they were added. */

export interface ListNode<T> {
  readonly value: T;
  previous: ListNode<T> | undefined;
  next: ListNode<T> | undefined;
}

/**
 * For values that come and go with every request. A Map or a Set replaces its table after some changes: V8 links the old table to the
 * new one, so that once an old table is in the old generation, all values of later tables live until a full collection. A removed
 * node refers to no other.
 */
export class LinkedList<T> implements Iterable<T> {
  size = 0;
  #first: ListNode<T> | undefined;
  #last: ListNode<T> | undefined;

  /** Adds the value at the end. The node removes it. */
  add(value: T): ListNode<T> {
    const node: ListNode<T> = { value, previous: this.#last, next: undefined };
    if (this.#last === undefined) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
    this.size += 1;
    return node;
  }

  /** Removes a node of this list. Nothing happens when it was removed before. */
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

  /** The value that is visited may be removed meanwhile, and no other. */
  *[Symbol.iterator](): Iterator<T> {
    let node = this.#first;
    while (node !== undefined) {
      const { next } = node;
      yield node.value;
      node = next;
    }
  }
}
