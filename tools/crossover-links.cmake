# crossover_links(TARGET [COUNT 16] [LINKER mold|lld]): adds the target TARGET_links, which links the
# objects of the executable TARGET several times, with the sections in another order each time, into
# the directory TARGET_links beside it. `crossover check` averages code layout over such links:
#
#   crossover check old/bench_links new/bench_links
#
# TARGET is compiled with -ffunction-sections, so that each function can move by itself; do the same
# with the static libraries that matter. Needs mold or lld.
function(crossover_links target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "COUNT;LINKER" "")
  if(arg_UNPARSED_ARGUMENTS OR NOT TARGET ${target})
    message(FATAL_ERROR "crossover_links(${ARGV}): expected an executable target, COUNT and LINKER")
  endif()
  if(NOT arg_COUNT)
    set(arg_COUNT 16)
  endif()
  if(NOT arg_LINKER)
    find_program(CROSSOVER_MOLD mold)
    find_program(CROSSOVER_LLD ld.lld)
    if(CROSSOVER_MOLD)
      set(arg_LINKER mold)
    elseif(CROSSOVER_LLD)
      set(arg_LINKER lld)
    else()
      add_custom_target(${target}_links COMMAND ${CMAKE_COMMAND} -E echo
        "crossover_links: neither mold nor lld was found; install one of them and configure again"
        COMMAND ${CMAKE_COMMAND} -E false VERBATIM)
      return()
    endif()
  endif()
  if(arg_LINKER STREQUAL lld)
    set(shuffle "-Wl,--shuffle-sections=*=")
  else()
    set(shuffle "-Wl,--shuffle-sections=")
  endif()
  get_target_property(libraries ${target} LINK_LIBRARIES)
  get_target_property(directory ${target} BINARY_DIR)
  if(NOT libraries)
    set(libraries "")
  endif()
  target_compile_options(${target} PRIVATE -ffunction-sections)
  add_custom_target(${target}_links)
  foreach(seed RANGE 1 ${arg_COUNT})
    # Names of equal length, because the length of a program's path can change its speed.
    string(LENGTH ${seed} digits)
    math(EXPR zeros "4 - ${digits}")
    string(REPEAT 0 ${zeros} zeros)
    set(link ${target}-${zeros}${seed})
    add_executable(${link} EXCLUDE_FROM_ALL $<TARGET_OBJECTS:${target}>)
    target_link_libraries(${link} PRIVATE ${libraries})
    target_link_options(${link} PRIVATE $<TARGET_PROPERTY:${target},LINK_OPTIONS>
      -fuse-ld=${arg_LINKER} ${shuffle}${seed})
    set_target_properties(${link} PROPERTIES LINKER_LANGUAGE CXX
      RUNTIME_OUTPUT_DIRECTORY ${directory}/${target}_links)
    add_dependencies(${target}_links ${link})
  endforeach()
endfunction()
