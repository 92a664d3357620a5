# Rule 6 for sources: what is locked is what was asked for.
{ lib }:
view:
let
  problem = plugin: message: {
    rule = 6;
    entry = "plugin ${plugin.name}";
    inherit message;
  };

  places = [
    "git"
    "url"
    "path"
  ];

  refs = [
    "tag"
    "branch"
    "rev"
  ];

  present = asked: builtins.filter (key: asked ? ${key});

  # One thing is asked for, and of a repository one revision.
  wellAsked =
    plugin:
    let
      inherit (plugin) asked;
      count = builtins.length (present asked refs);
    in
    lib.optional (builtins.length (present asked places) != 1) (
      problem plugin "`asked` has one of git, url and path"
    )
    ++ lib.optional (count > 1) (problem plugin "`asked` has at most one of tag, branch and rev")
    ++ lib.optional (!(asked ? git) && (count > 0 || (asked.submodules or false))) (
      problem plugin "tag, branch, rev and submodules are for what is asked of git"
    );

  # The place of a source in the words of `asked`.
  placeOf =
    source:
    if source.kind == "vcs" then
      { git = source.url; }
    else if source.kind == "archive" then
      { inherit (source) url; }
    else
      { inherit (source) path; };

  matches =
    plugin: source: submodules:
    let
      inherit (plugin) asked;
      ref = asked.tag or asked.branch or asked.rev or null;
      wanted = builtins.intersectAttrs {
        git = null;
        url = null;
        path = null;
      } asked;
    in
    if source == null || source.kind == "sdist" then
      [ (problem plugin "`asked` names a source, and what is locked is from an index") ]
    else if
      placeOf source != wanted
      || (source.subdirectory or null) != (asked.subdirectory or null)
      || submodules != (asked.submodules or false)
    then
      [ (problem plugin "`asked` and what is locked are not the same source") ]
    else
      lib.optional (source.kind == "vcs" && ref != null && ref != (source.requested-revision or null)) (
        problem plugin "`asked` and `requested-revision` are not the same revision"
      );

  lockedAs =
    plugin:
    builtins.filter (package: package.name == plugin.name) view.packages;

  ofPlugin =
    plugin:
    wellAsked plugin
    ++ (
      if plugin ? tree then
        matches plugin plugin.tree.source (plugin.tree.submodules or false)
      else
        builtins.concatMap (
          package:
          matches plugin package.source (
            builtins.any (artifact: artifact.submodules or false) package.artifacts
          )
        ) (lockedAs plugin)
    );
in
builtins.concatMap ofPlugin (builtins.filter (plugin: plugin ? asked) view.plugins)
