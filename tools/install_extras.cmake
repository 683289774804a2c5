# Runs at the end of `cmake --install`: the program that was just installed writes its completion
# scripts. Set by CMakeLists.txt: bin_dir, data_dir.
set(prefix "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")
set(bash ${data_dir}/bash-completion/completions/crossover)
set(zsh ${data_dir}/zsh/site-functions/_crossover)
set(fish ${data_dir}/fish/vendor_completions.d/crossover.fish)
foreach(shell bash zsh fish)
  cmake_path(GET ${shell} PARENT_PATH directory)
  file(MAKE_DIRECTORY ${prefix}/${directory})
  execute_process(COMMAND ${prefix}/${bin_dir}/crossover completion ${shell}
    OUTPUT_FILE ${prefix}/${${shell}} COMMAND_ERROR_IS_FATAL ANY)
  message(STATUS "Installing: ${prefix}/${${shell}}")
endforeach()
