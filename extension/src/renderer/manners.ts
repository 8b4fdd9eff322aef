/** What a grid inside a notebook leaves to the notebook. */

/**
 * The wheel scrolls the notebook until a person is at work in the grid; keys there are none of the notebook's commands,
 * and Escape goes back to it.
 */
export function leaveTheNotebookAlone(node: HTMLElement): void {
  node.addEventListener(
    'wheel',
    event => {
      if (!node.contains(document.activeElement)) {
        // The grid does not hear of it, and the page scrolls.
        event.stopPropagation();
      }
    },
    { capture: true, passive: true }
  );
  // In a grid, “d” twice is no wish to delete the cell.
  node.setAttribute('data-lm-suppress-shortcuts', 'true');
  node.addEventListener('keydown', event => {
    if (event.key === 'Escape' && !event.defaultPrevented) {
      node.closest<HTMLElement>('.jp-Notebook')?.focus();
    }
    event.stopPropagation();
  });
}
