/** Lucide icons (ISC licence) in use: one noun, one icon. */
export const icons = [
  'app-window', 'archive', 'arrow-down', 'arrow-up', 'book-open', 'check', 'chevron-down', 'chevron-left', 'chevron-right', 'chevrons-up-down', 'circle',
  'circle-alert', 'circle-check', 'circle-help', 'cloud-off', 'code', 'copy', 'cpu', 'download', 'ellipsis', 'external-link', 'eye', 'eye-off', 'file-text',
  'file-up', 'folder', 'gauge', 'git-branch', 'git-compare', 'globe', 'grip-vertical', 'history', 'house', 'info', 'key-round', 'library', 'link', 'lock',
  'log-out', 'menu', 'message-square', 'monitor', 'moon', 'panel-left', 'panel-right', 'pause', 'pencil', 'play', 'plus', 'power', 'rocket', 'rotate-ccw',
  'search', 'send', 'settings', 'shield-check', 'sliders-horizontal', 'smartphone', 'split', 'square', 'square-terminal', 'sun', 'table', 'tag', 'thumbs-down',
  'thumbs-up', 'trash-2', 'triangle-alert', 'upload', 'user', 'user-check', 'user-plus', 'users', 'wand-sparkles', 'webhook', 'workflow', 'wrench', 'x',
];
