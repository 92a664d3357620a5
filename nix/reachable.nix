# The packages that some plugins of one system need: name -> package.
view: system:
let
  locked = view.lockedOn.${system};

  node = name: {
    key = name;
    package = locked.${name};
  };

  # Of a package, or of a directory plugin's tree.
  edges =
    package: builtins.filter (name: locked ? ${name} && view.appliesOn package name system) package.locked;

  # A package plugin is a package itself; a directory plugin has needs only.
  roots = plugin: if plugin ? tree then edges plugin.tree else [ plugin.name ];

  # The packages of these names and all they need.
  reachable =
    names:
    builtins.listToAttrs (
      map
        (found: {
          name = found.key;
          value = found.package;
        })
        (
          builtins.genericClosure {
            startSet = map node (builtins.filter (name: locked ? ${name}) names);
            operator = found: map node (edges found.package);
          }
        )
    );
in
{
  inherit edges reachable roots;
}
