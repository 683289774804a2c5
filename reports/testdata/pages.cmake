# Writes the synthetic results, the page of each, and pages of checks, for the browser tests.
execute_process(COMMAND ${NODE} ${MAKE} ${OUT} COMMAND_ERROR_IS_FATAL ANY)
file(GLOB files ${OUT}/*.json)
foreach(file IN LISTS files)
  cmake_path(GET file STEM name)
  execute_process(COMMAND ${PAGE} ${file} ${OUT}/${name}.html COMMAND_ERROR_IS_FATAL ANY)
endforeach()
execute_process(COMMAND ${PAGE} ${OUT}/usual.json ${OUT}/baseline.html ${OUT}/slower.json
  COMMAND_ERROR_IS_FATAL ANY)
file(MAKE_DIRECTORY ${OUT}/check)
execute_process(COMMAND ${CHECKS} ${OUT}/check COMMAND_ERROR_IS_FATAL ANY)
