/** What a grid inside a notebook leaves to the notebook. */

/**
 * The wheel scrolls the notebook until a person is at work in the grid; keys there are none of the notebook's commands.
 * Escape ends what is open in the grid, and once more goes back to the notebook.
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
  let before = '';
  node.addEventListener(
    'keydown',
    event => {
      if (event.key === 'Escape' && before === 'Escape') {
        node.closest<HTMLElement>('.jp-Notebook')?.focus();
      }
      before = event.key;
    },
    { capture: true }
  );
  node.addEventListener('keydown', event => {
    event.stopPropagation();
  });
}
