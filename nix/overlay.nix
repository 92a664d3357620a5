# `pkgs.plugin-lock`, and `pkgs.pluginLock`: the library as a function of a lock.
final: _: {
  plugin-lock = import ./plugin-lock { pkgs = final; };

  pluginLock = arguments: import ./. ({ pkgs = final; } // arguments);
}
