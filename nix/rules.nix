# The rules about what a lock says (1 to 6, and order and duplicates of 8); text, version and shape came before.
# Each file takes the view of a lock and returns problems.  The same list stands in Python below lock/rules.
{ lib }:
view:
let
  problemsOf = rule: import rule { inherit lib; } view;

  # Spelling first: the other rules use names and systems as keys, and show them.
  grammar = problemsOf ./rules/grammar.nix;
in
if grammar != [ ] then
  grammar
else
  builtins.concatMap problemsOf [
    ./rules/hashes.nix
    ./rules/file-names.nix
    ./rules/wheel-tags.nix
    ./rules/addresses.nix
    ./rules/entries.nix
    ./rules/edges.nix
    ./rules/completeness.nix
    ./rules/asked.nix
    ./rules/builds.nix
    ./rules/derived.nix
    ./rules/publishers.nix
  ]
